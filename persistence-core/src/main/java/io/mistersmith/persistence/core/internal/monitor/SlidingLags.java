package io.mistersmith.persistence.core.internal.monitor;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.operations.Consistency.LagStats;
import java.time.Duration;
import java.util.PrimitiveIterator;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * The lags of the last minute: a ring of slices of ten seconds, of which the oldest is cleared and
 * used again. A reader adds up the slices that are young enough. A slice that is cleared while it
 * is read, or a report that comes at that moment, can be missing from one answer. Thread-safe;
 * locks only when a slice begins.
 */
public final class SlidingLags {

  private static final int SLICES = 7;
  private static final long SLICE_NANOS = Duration.ofSeconds(10).toNanos();

  private final Slice[] slices = new Slice[SLICES];
  private final long window;
  private final LongSupplier ticks;
  private final long origin;
  private final LongAdder violations = new LongAdder();
  private volatile Consumer<PersistenceEvent.Flushed> violationAction = report -> {};

  /** Counts as violations what lasts longer than {@code window}. */
  public SlidingLags(Duration window) {
    this(window, System::nanoTime);
  }

  SlidingLags(Duration window, LongSupplier ticks) {
    this.window = window.toNanos();
    this.ticks = ticks;
    this.origin = ticks.getAsLong();
    for (int i = 0; i < SLICES; i++) {
      slices[i] = new Slice();
    }
  }

  /**
   * Counts the lags of a flush.
   *
   * @return how many were violations
   */
  public long record(PersistenceEvent.Flushed report) {
    long number = number();
    Slice slice = slices[(int) (number % SLICES)];
    slice.begin(number);
    slice.flushes.increment();
    slice.flushNanos.add(report.took().toNanos());
    long late = 0;
    for (PrimitiveIterator.OfLong each = report.lagNanos().iterator(); each.hasNext(); ) {
      long lag = each.nextLong();
      slice.lags.count(lag);
      late += lag > window ? 1 : 0;
    }
    if (late > 0) {
      slice.violations.add(late);
      violations.add(late);
      violationAction.accept(report);
    }
    return late;
  }

  /** Calls {@code action}, which must be quick, with each flush that committed something late. */
  public void onViolation(Consumer<PersistenceEvent.Flushed> action) {
    violationAction = action;
  }

  /** Returns the number of violations since this object was created. */
  public long violations() {
    return violations.sum();
  }

  /** The distribution over the last minute. */
  public LagStats stats() {
    long now = number();
    long[] sums = LagHistogram.newSums();
    long longest = 0;
    long late = 0;
    long flushes = 0;
    long flushNanos = 0;
    for (Slice slice : slices) {
      long number = slice.number.get();
      if (number >= 0 && number > now - SLICES) {
        slice.lags.addTo(sums);
        longest = Math.max(longest, slice.lags.longestNanos());
        late += slice.violations.sum();
        flushes += slice.flushes.sum();
        flushNanos += slice.flushNanos.sum();
      }
    }
    long samples = 0;
    for (long sum : sums) {
      samples += sum;
    }
    return new LagStats(
        samples,
        LagHistogram.quantile(sums, 0.50, longest),
        LagHistogram.quantile(sums, 0.95, longest),
        LagHistogram.quantile(sums, 0.99, longest),
        Duration.ofNanos(longest),
        late,
        flushes == 0 ? Duration.ZERO : Duration.ofNanos(flushNanos / flushes));
  }

  private long number() {
    return (ticks.getAsLong() - origin) / SLICE_NANOS;
  }

  private static final class Slice {

    private final AtomicLong number = new AtomicLong(-1);
    private final LagHistogram lags = new LagHistogram();
    private final LongAdder violations = new LongAdder();
    private final LongAdder flushes = new LongAdder();
    private final LongAdder flushNanos = new LongAdder();

    void begin(long newNumber) {
      if (number.get() != newNumber) {
        synchronized (this) {
          if (number.get() != newNumber) {
            number.set(-1);
            lags.clear();
            violations.reset();
            flushes.reset();
            flushNanos.reset();
            number.set(newNumber);
          }
        }
      }
    }
  }
}
