package io.mistersmith.persistence.migration.online;

import java.time.Duration;

/** How many rows the next batch has, so that it takes about as long as it shall. */
final class BatchSizer {
  private final Pacing pacing;
  private int size;

  BatchSizer(Pacing pacing) {
    this.pacing = pacing;
    this.size = pacing.batchSize();
  }

  int size() {
    return size;
  }

  /** A batch of this size took so long: shrinks at once, and grows by a quarter at most. */
  void took(Duration duration) {
    double ratio = pacing.batchTarget().toNanos() / (double) Math.max(duration.toNanos(), 1);
    double next = size * Math.max(Math.min(ratio, 1.25), 0.1);
    // Rounded up where it grows: a quarter more than one row is two.
    double rounded = ratio > 1 ? Math.ceil(next) : Math.floor(next);
    size = (int) Math.max(1, Math.min(pacing.largestBatch(), rounded));
  }

  /** A batch of this size had to be given up. */
  void gaveWay() {
    size = Math.max(1, size / 2);
  }
}
