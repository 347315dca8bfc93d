package io.mistersmith.persistence.core.metrics;

import java.time.Duration;
import java.util.stream.LongStream;

/**
 * The bounds of the histograms: the thresholds of health and of alerts are among them, so that the
 * share of what is beyond one is exact.
 */
final class Buckets {

  /** Of calls into the stores and of flushes. */
  static final Duration[] CALLS = millis(1, 5, 10, 50, 100, 500, 1_000, 5_000);

  /** Of the lag from a write to its commit. */
  static final Duration[] LAGS = millis(50, 100, 200, 500, 1_000, 5_000, 30_000);

  private Buckets() {}

  private static Duration[] millis(long... bounds) {
    return LongStream.of(bounds).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
  }
}
