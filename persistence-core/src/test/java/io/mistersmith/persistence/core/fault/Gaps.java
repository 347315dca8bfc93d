package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Measures the longest time without an acknowledged write since it was begun, and passes the
 * outcomes on. Thread-safe.
 */
final class Gaps implements Outcomes {

  private final Outcomes next;
  private final AtomicLong last = new AtomicLong(System.nanoTime());
  private final AtomicLong longest = new AtomicLong();

  Gaps(Outcomes next) {
    this.next = next;
  }

  /** Forgets earlier gaps; the present one counts from now. */
  void begin() {
    last.set(System.nanoTime());
    longest.set(0);
  }

  @Override
  public void acknowledged(StateKey key, Revision revision, long number) {
    next.acknowledged(key, revision, number);
    long now = System.nanoTime();
    long before = last.getAndAccumulate(now, Math::max);
    longest.accumulateAndGet(now - before, Math::max);
  }

  @Override
  public void failed(StateKey key, long number, PersistenceException failure) {
    next.failed(key, number, failure);
  }

  /** Returns the longest gap that has ended. */
  Duration longest() {
    return Duration.ofNanos(longest.get());
  }
}
