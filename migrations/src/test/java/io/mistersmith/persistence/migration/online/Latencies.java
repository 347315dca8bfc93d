package io.mistersmith.persistence.migration.online;

import java.util.Arrays;
import java.util.Locale;

/** How long each write of one thread took. */
final class Latencies {

  /** Milliseconds, and how many took more than a hundred of them. */
  record Summary(double p50, double p99, double max, long over100) {
    String named(String prefix) {
      return String.format(
          Locale.ROOT,
          "%sp50_ms=%.2f %sp99_ms=%.2f %smax_ms=%.1f %sover_100ms=%d",
          prefix,
          p50,
          prefix,
          p99,
          prefix,
          max,
          prefix,
          over100);
    }
  }

  private double[] millis = new double[1024];
  private int size;

  synchronized void add(long nanos) {
    if (size == millis.length) {
      millis = Arrays.copyOf(millis, size * 2);
    }
    millis[size++] = nanos / 1e6;
  }

  synchronized double[] drain() {
    double[] all = Arrays.copyOf(millis, size);
    size = 0;
    return all;
  }

  static Summary summary(double[] millis) {
    if (millis.length == 0) {
      return new Summary(0, 0, 0, 0);
    }
    Arrays.sort(millis);
    return new Summary(
        millis[millis.length / 2],
        millis[(int) (millis.length * 0.99)],
        millis[millis.length - 1],
        Arrays.stream(millis).filter(ms -> ms > 100).count());
  }
}
