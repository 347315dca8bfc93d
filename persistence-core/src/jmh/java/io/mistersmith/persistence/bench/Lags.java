package io.mistersmith.persistence.bench;

import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.util.Arrays;

/** Collects how long each write took to its commit. Thread-safe. */
final class Lags implements PersistenceListener {

  private long[] nanos = new long[1 << 16];
  private int size;

  @Override
  public void on(PersistenceEvent event) {
    if (event instanceof PersistenceEvent.Flushed report) {
      report.lagNanos().forEach(this::add);
    }
  }

  synchronized void add(long lag) {
    if (size == nanos.length) {
      nanos = Arrays.copyOf(nanos, size * 2);
    }
    nanos[size++] = lag;
  }

  synchronized void clear() {
    size = 0;
  }

  /** A quantile in milliseconds. */
  synchronized double millis(double quantile) {
    long[] sorted = Arrays.copyOf(nanos, size);
    Arrays.sort(sorted);
    return sorted[(int) (quantile * (size - 1))] / 1e6;
  }
}
