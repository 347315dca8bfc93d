package io.mistersmith.persistence.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One KV bucket (seed section 11.2). Immutable; start from {@link Bucket#defaults()} and copy with
 * {@code with…}.
 *
 * @param name the bucket's name without prefix: letters, digits, {@code _} and {@code -}
 * @param description what an operator reads about it
 * @param maxAge how long entries live in the bucket by the server's doing; zero for ever. A
 *     write-behind bucket must have zero: the server would expire what was not flushed yet
 * @param history how many versions of an entry the bucket keeps, 1 to 64
 * @param storage on disk or in memory
 * @param replicated whether the configured number of replicas is for this bucket; else it has one
 * @param compressed whether to compress with s2, where the server can (2.10)
 * @param maxBytes the largest size of the bucket, if it has one; a full bucket refuses new writes
 * @param maxValueBytes the largest value, if there is a bound below the server's
 * @param placementCluster the cluster to place the bucket in
 * @param placementTags the tags of the servers to place it on
 */
public record BucketConfig(
    String name,
    String description,
    Duration maxAge,
    int history,
    Storage storage,
    boolean replicated,
    boolean compressed,
    Optional<Long> maxBytes,
    Optional<Integer> maxValueBytes,
    Optional<String> placementCluster,
    List<String> placementTags) {

  /** Checks every field. */
  public BucketConfig {
    Checks.that(
        name.matches("[A-Za-z0-9_-]+"),
        "bucket.name may hold letters, digits, '_' and '-' only, and at least one");
    Checks.that(!maxAge.isNegative(), name + ".maxAge is negative; use zero for ever");
    Checks.that(history >= 1 && history <= 64, name + ".history is " + history + "; use 1 to 64");
    maxBytes.ifPresent(
        bytes -> Checks.that(bytes >= 1024, "bucket.maxBytes is " + bytes + "; give 1024 or more"));
    maxValueBytes.ifPresent(
        bytes ->
            Checks.that(bytes >= 128, "bucket.maxValueBytes is " + bytes + "; give 128 or more"));
    placementTags = List.copyOf(placementTags);
  }

  /** This configuration with bounds on the size of the bucket and of a value. */
  public BucketConfig withLimits(Optional<Long> newMaxBytes, Optional<Integer> newMaxValueBytes) {
    return new BucketConfig(
        name,
        description,
        maxAge,
        history,
        storage,
        replicated,
        compressed,
        newMaxBytes,
        newMaxValueBytes,
        placementCluster,
        placementTags);
  }

  /** This configuration placed elsewhere. */
  public BucketConfig withPlacement(Optional<String> cluster, List<String> tags) {
    return new BucketConfig(
        name,
        description,
        maxAge,
        history,
        storage,
        replicated,
        compressed,
        maxBytes,
        maxValueBytes,
        cluster,
        tags);
  }

  /** This configuration with another maximum age. */
  public BucketConfig withMaxAge(Duration newMaxAge) {
    return new BucketConfig(
        name,
        description,
        newMaxAge,
        history,
        storage,
        replicated,
        compressed,
        maxBytes,
        maxValueBytes,
        placementCluster,
        placementTags);
  }

  /** This configuration with another history. */
  public BucketConfig withHistory(int newHistory) {
    return new BucketConfig(
        name,
        description,
        maxAge,
        newHistory,
        storage,
        replicated,
        compressed,
        maxBytes,
        maxValueBytes,
        placementCluster,
        placementTags);
  }
}
