package io.mistersmith.persistence.core.internal.monitor;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAccumulator;

/**
 * Counts durations in buckets whose width grows with what they hold: 32 to each power of two
 * microseconds, so that the middle of a bucket is less than 1.6 % away from whatever is in it. The
 * longest is kept exactly. Bounded at 8 kB, whatever is counted; what lasted longer than 19 hours
 * counts as that. Thread-safe; counting takes no lock and makes nothing.
 */
final class LagHistogram {

  private static final int BITS = 5;
  private static final int HALF = 1 << BITS;
  private static final int GREATEST_POWER = 36;
  private static final int BUCKETS = (GREATEST_POWER - BITS + 1) * HALF;
  private static final long GREATEST = (1L << GREATEST_POWER) - 1;

  private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
  private final LongAccumulator longest = new LongAccumulator(Math::max, 0);

  void count(long nanos) {
    counts.getAndIncrement(bucket(Math.min(nanos / 1_000, GREATEST)));
    longest.accumulate(nanos);
  }

  void clear() {
    for (int i = 0; i < BUCKETS; i++) {
      counts.lazySet(i, 0);
    }
    longest.reset();
  }

  /** Adds what was counted here to {@code sums}, which has {@link #newSums()}'s length. */
  void addTo(long[] sums) {
    for (int i = 0; i < BUCKETS; i++) {
      sums[i] += counts.get(i);
    }
  }

  long longestNanos() {
    return longest.get();
  }

  static long[] newSums() {
    return new long[BUCKETS];
  }

  /** The duration that this share of what was counted did not exceed. */
  static Duration quantile(long[] sums, double share, long longestNanos) {
    long all = 0;
    for (long sum : sums) {
      all += sum;
    }
    long rank = Math.max(1, (long) Math.ceil(all * share));
    long seen = 0;
    for (int i = 0; i < BUCKETS; i++) {
      seen += sums[i];
      if (seen >= rank) {
        return Duration.ofNanos(Math.min(middle(i), longestNanos));
      }
    }
    return Duration.ZERO;
  }

  /**
   * Below 64 microseconds each has its own bucket. Above, the five bits below the highest one
   * choose among the 32 of its power.
   */
  private static int bucket(long micros) {
    int shift = Math.max(0, 63 - Long.numberOfLeadingZeros(micros | 1) - BITS);
    return shift * HALF + (int) (micros >>> shift);
  }

  private static long middle(int bucket) {
    int shift = Math.max(0, bucket / HALF - 1);
    long low = (long) (bucket - shift * HALF) << shift;
    return low * 1_000 + (1_000L << shift) / 2;
  }
}
