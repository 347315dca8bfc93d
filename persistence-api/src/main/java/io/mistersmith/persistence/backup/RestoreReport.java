package io.mistersmith.persistence.backup;

import java.time.Duration;
import java.util.List;

/**
 * What a restore did.
 *
 * @param id the backup
 * @param steps what was done, in order
 * @param buckets each bucket that was restored
 * @param bytes how many bytes were read from the target
 * @param took how long all of it took
 * @param remaining what is still to be done by an operator, in sentences
 */
public record RestoreReport(
    String id,
    List<Step> steps,
    List<RestoredBucket> buckets,
    long bytes,
    Duration took,
    List<String> remaining) {

  /** Copies the lists. */
  public RestoreReport {
    steps = List.copyOf(steps);
    buckets = List.copyOf(buckets);
    remaining = List.copyOf(remaining);
  }

  /**
   * A step.
   *
   * @param what what was done
   * @param took how long it took
   */
  public record Step(String what, Duration took) {}

  /**
   * A bucket that was restored.
   *
   * @param bucket its name
   * @param epoch its new epoch
   * @param sequence the position in its journal that PostgreSQL had applied in the backup
   * @param lastSequence the sequence of the last entry that was restored
   * @param replayed how many entries between the two were applied to PostgreSQL
   */
  public record RestoredBucket(
      String bucket, long epoch, long sequence, long lastSequence, long replayed) {}
}
