package io.mistersmith.persistence.core.internal.state.cache;

/**
 * Counts what happens many million times a second. Each thread counts in a stripe without a fence,
 * so that a count costs about a nanosecond (a {@code LongAdder}'s takes four, a fifth of a hit:
 * tried); two threads that share a stripe may lose a count now and then.
 */
final class StripedCounter {

  private static final int STRIPES = 64;

  /** Places each stripe on a cache line of its own. */
  private static final int LINE = 8;

  private final long[] counts = new long[STRIPES * LINE];

  void increment() {
    counts[((int) Thread.currentThread().getId() & (STRIPES - 1)) * LINE]++;
  }

  long sum() {
    long sum = 0;
    for (int stripe = 0; stripe < STRIPES; stripe++) {
      sum += counts[stripe * LINE];
    }
    return sum;
  }
}
