package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Deadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Repeats an open until the servers are there, for as long as is configured. For one thread. */
final class ServerWait {

  private static final Logger LOG = LoggerFactory.getLogger(ServerWait.class);
  private static final Duration PROGRESS = Duration.ofSeconds(3);

  private final Duration patience;
  private final PersistenceListener listener;
  private final Deadline deadline;
  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));
  private Deadline nextProgress = Deadline.after(Duration.ZERO);

  /**
   * Waits from now on.
   *
   * @param patience zero to wait for nothing
   * @param listener is notified of the progress
   */
  ServerWait(Duration patience, PersistenceListener listener) {
    this.patience = patience;
    this.listener = listener;
    this.deadline = Deadline.after(patience);
  }

  /** Returns what {@code open} returns, once it does. */
  <T> T until(Supplier<T> open) {
    for (int attempt = 1; ; attempt++) {
      try {
        T opened = open.get();
        if (attempt > 1) {
          LOG.info("Opened after waiting {} for the servers", waited());
        }
        return opened;
      } catch (TransientPersistenceException e) {
        if (patience.isZero() || !isMissing(e.error())) {
          throw e;
        }
        if (deadline.hasPassed()) {
          throw new TransientPersistenceException(
              e.error(),
              "waited " + patience + " for the servers (waitForServers): " + e.getMessage(),
              e);
        }
        tell(e);
        pause(e);
      }
    }
  }

  /** Whether a server is away, starting, without a leader or too busy to answer. */
  private static boolean isMissing(DataError error) {
    return switch (error) {
      case CONNECTION_FAILED, UNAVAILABLE, TIMEOUT -> true;
      default -> false;
    };
  }

  private void tell(PersistenceException missing) {
    if (nextProgress.hasPassed()) {
      nextProgress = Deadline.after(PROGRESS);
      String reason = String.valueOf(missing.getMessage());
      LOG.info("Waiting for a server ({} so far, {} left): {}", waited(), deadline.left(), reason);
      listener.on(new PersistenceEvent.ServerAwaited(reason, waited(), deadline.left()));
    }
  }

  private Duration waited() {
    return patience.minus(deadline.left());
  }

  private void pause(PersistenceException missing) {
    try {
      TimeUnit.NANOSECONDS.sleep(deadline.left(backoff.next()).toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw missing;
    }
  }
}
