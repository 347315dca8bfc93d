package io.mistersmith.persistence.core.internal.store.postgres;

import com.zaxxer.hikari.metrics.IMetricsTracker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/**
 * Counts how often connections of a pool were taken, how long that took and how long they were in
 * use, over the last one to two minutes. Costs a few additions a call. Thread-safe.
 */
final class PoolMeter implements IMetricsTracker {

  private static final long WINDOW = Duration.ofMinutes(1).toNanos();

  /** Four buckets for each doubling, so that a percentile is right to about a fifth. */
  private static final int BUCKETS = 4 * Long.SIZE;

  private final LongSupplier nanoTime;
  private final LongAdder used = new LongAdder();
  private final LongAdder timeouts = new LongAdder();
  private volatile Windows windows;

  PoolMeter(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    Window first = new Window(nanoTime.getAsLong());
    this.windows = new Windows(first, first);
  }

  /** The counts since {@code from}. */
  private static final class Window {
    final long from;
    final LongAdder acquired = new LongAdder();
    final LongAdder usedNanos = new LongAdder();
    final AtomicLongArray waits = new AtomicLongArray(BUCKETS);

    Window(long from) {
      this.from = from;
    }
  }

  private record Windows(Window last, Window now) {}

  /**
   * The load of the last one to two minutes.
   *
   * @param callsPerSecond how often a connection was taken
   * @param averageUse how long it was in use
   * @param acquireP95 how long 95 of 100 waited for it at most
   */
  record Load(double callsPerSecond, Duration averageUse, Duration acquireP95) {

    double connections() {
      return callsPerSecond * averageUse.toNanos() / 1e9;
    }
  }

  @Override
  public void recordConnectionAcquiredNanos(long nanos) {
    Window window = current();
    window.acquired.increment();
    window.waits.incrementAndGet(bucket(nanos));
  }

  @Override
  public void recordConnectionTimeout() {
    timeouts.increment();
  }

  /** A connection was given back that was in use for so long. HikariCP counts milliseconds only. */
  void used(long nanos) {
    used.add(nanos);
    current().usedNanos.add(nanos);
  }

  /** Returns for how long connections were in use, all together, since the pool was opened. */
  long usedNanos() {
    return used.sum();
  }

  /** Returns how often no connection was to be had in time, since the pool was opened. */
  long timeouts() {
    return timeouts.sum();
  }

  Load load() {
    Window now = current();
    Window last = windows.last();
    boolean both = last != now;
    long acquired = now.acquired.sum() + (both ? last.acquired.sum() : 0);
    long nanos = now.usedNanos.sum() + (both ? last.usedNanos.sum() : 0);
    long elapsed = Math.max(1, nanoTime.getAsLong() - last.from);
    return new Load(
        acquired * 1e9 / elapsed,
        Duration.ofNanos(acquired == 0 ? 0 : nanos / acquired),
        percentile(last, now));
  }

  private static Duration percentile(Window last, Window now) {
    long[] waits = new long[BUCKETS];
    long all = 0;
    for (int i = 0; i < BUCKETS; i++) {
      waits[i] = now.waits.get(i) + (last == now ? 0 : last.waits.get(i));
      all += waits[i];
    }
    long below = 0;
    for (int i = 0; i < BUCKETS; i++) {
      below += waits[i];
      if (below > 0 && below * 100 >= all * 95) {
        return Duration.ofNanos(end(i));
      }
    }
    return Duration.ZERO;
  }

  private Window current() {
    Windows seen = windows;
    long now = nanoTime.getAsLong();
    return now - seen.now().from < WINDOW ? seen.now() : next(now);
  }

  private synchronized Window next(long now) {
    Windows seen = windows;
    long age = now - seen.now().from;
    if (age < WINDOW) {
      return seen.now();
    }
    Window next = new Window(now);
    // A window that has lasted longer says little of the last two minutes.
    windows = new Windows(age < 2 * WINDOW ? seen.now() : next, next);
    return next;
  }

  private static int bucket(long nanos) {
    if (nanos < 4) {
      return (int) Math.max(0, nanos);
    }
    int doubling = 63 - Long.numberOfLeadingZeros(nanos);
    int quarter = (int) (nanos >>> (doubling - 2)) & 3;
    return 4 * doubling + quarter;
  }

  /** The upper end of a bucket. */
  private static long end(int bucket) {
    if (bucket < 8) {
      return bucket;
    }
    int doubling = bucket / 4;
    long end = (1L << doubling) + ((bucket % 4 + 1L) << (doubling - 2));
    return end < 0 ? Long.MAX_VALUE : end;
  }
}
