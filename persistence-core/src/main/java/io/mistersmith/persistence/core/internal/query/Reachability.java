package io.mistersmith.persistence.core.internal.query;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the bucket answers; while it does not, it is asked once a second, and one line is logged
 * for the whole outage. Thread-safe.
 */
final class Reachability {

  private static final Logger LOG = LoggerFactory.getLogger(Reachability.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final Clock clock;
  private final AtomicReference<@Nullable Instant> downSince = new AtomicReference<>();
  private volatile Instant askAgainAt = Instant.MIN;

  Reachability(Clock clock) {
    this.clock = clock;
  }

  boolean isDown() {
    return downSince.get() != null;
  }

  boolean mayAsk() {
    return !isDown() || !clock.instant().isBefore(askAgainAt);
  }

  void failed(RuntimeException failure) {
    Instant now = clock.instant();
    askAgainAt = now.plus(PAUSE);
    if (downSince.compareAndSet(null, now)) {
      LOG.warn(
          "the bucket of kept results does not answer; queries go to their sources until it does:"
              + " {}",
          failure.getMessage());
    }
  }

  void answered() {
    if (!isDown()) {
      return;
    }
    Instant since = downSince.getAndSet(null);
    if (since != null) {
      LOG.info(
          "the bucket of kept results answers again, after {}",
          Duration.between(since, clock.instant()));
    }
  }
}
