package io.mistersmith.persistence.core.internal.base;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a store answers. One line is logged when it stops to, and one when it does again, for the
 * whole outage. Thread-safe.
 */
public final class Reachability {

  private static final Logger LOG = LoggerFactory.getLogger(Reachability.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final String store;
  private final String consequence;
  private final Clock clock;
  private final AtomicReference<@Nullable Instant> downSince = new AtomicReference<>();
  private volatile Instant askAgainAt = Instant.MIN;

  /**
   * Assumes that the store answers.
   *
   * @param store names it in the log
   * @param consequence says in the log what happens until it answers
   */
  public Reachability(String store, String consequence, Clock clock) {
    this.store = store;
    this.consequence = consequence;
    this.clock = clock;
  }

  /** Returns whether the last call did not reach the store. */
  public boolean isDown() {
    return downSince.get() != null;
  }

  /** Returns the time since which the store has not answered; null while it answers. */
  public @Nullable Instant downSince() {
    return downSince.get();
  }

  /** Whether it answers, or was asked in vain so long ago that a call may ask it again. */
  public boolean mayAsk() {
    return !isDown() || !clock.instant().isBefore(askAgainAt);
  }

  /** The store did not answer; returns whether that is news. */
  public boolean failed(RuntimeException failure) {
    Instant now = clock.instant();
    askAgainAt = now.plus(PAUSE);
    boolean news = downSince.compareAndSet(null, now);
    if (news) {
      LOG.warn("{} does not answer; {}: {}", store, consequence, failure.getMessage());
    }
    return news;
  }

  /** The store has answered. */
  public void answered() {
    if (!isDown()) {
      return;
    }
    Instant since = downSince.getAndSet(null);
    if (since != null) {
      LOG.info("{} answers again, after {}", store, Duration.between(since, clock.instant()));
    }
  }
}
