package io.mistersmith.persistence.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One KV bucket. Immutable; start from {@link Bucket#defaults()}, and change a copy by {@link
 * #toBuilder}.
 */
public final class BucketConfig {

  private final String name;
  private final String description;
  private final Duration maxAge;
  private final int history;
  private final Storage storage;
  private final boolean replicated;
  private final boolean compressed;
  private final Optional<Long> maxBytes;
  private final Optional<Integer> maxValueBytes;
  private final Optional<String> placementCluster;
  private final List<String> placementTags;

  private BucketConfig(Builder builder) {
    this.name = builder.name;
    this.description = builder.description;
    this.maxAge = builder.maxAge;
    this.history = builder.history;
    this.storage = builder.storage;
    this.replicated = builder.replicated;
    this.compressed = builder.compressed;
    this.maxBytes = builder.maxBytes;
    this.maxValueBytes = builder.maxValueBytes;
    this.placementCluster = builder.placementCluster;
    this.placementTags = builder.placementTags;
  }

  /**
   * Returns a builder for a bucket on disk that keeps one version without an age limit.
   *
   * @param name letters, digits, {@code _} and {@code -}, at least one
   */
  public static Builder builder(String name, String description) {
    Checks.that(
        name.matches("[A-Za-z0-9_-]+"),
        "bucket.name may hold letters, digits, '_' and '-' only, and at least one");
    return new Builder(name, description);
  }

  /** Returns a builder that starts from this configuration. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** The bucket's name without prefix: letters, digits, {@code _} and {@code -}. */
  public String name() {
    return name;
  }

  /** The description for operators. */
  public String description() {
    return description;
  }

  /**
   * How long entries live in the bucket by the server's doing; zero for no limit. A write-behind
   * bucket must have zero: the server would expire what was not flushed yet.
   */
  public Duration maxAge() {
    return maxAge;
  }

  /** How many versions of an entry the bucket keeps, 1 to 64. */
  public int history() {
    return history;
  }

  /** Whether the bucket is on disk or in memory. */
  public Storage storage() {
    return storage;
  }

  /** Whether the configured number of replicas is for this bucket; else it has one. */
  public boolean replicated() {
    return replicated;
  }

  /** Whether to compress with s2, where the server can (2.10). */
  public boolean compressed() {
    return compressed;
  }

  /** The largest size of the bucket, if it has one; a full bucket refuses new writes. */
  public Optional<Long> maxBytes() {
    return maxBytes;
  }

  /** The largest value, if there is a bound below the server's. */
  public Optional<Integer> maxValueBytes() {
    return maxValueBytes;
  }

  /** The cluster to place the bucket in. */
  public Optional<String> placementCluster() {
    return placementCluster;
  }

  /** The tags of the servers to place it on. */
  public List<String> placementTags() {
    return placementTags;
  }

  /** Prints all settings. */
  @Override
  public String toString() {
    return Printed.of("BucketConfig")
        .with("name", name)
        .with("description", description)
        .with("maxAge", maxAge)
        .with("history", history)
        .with("storage", storage)
        .with("replicated", replicated)
        .with("compressed", compressed)
        .with("maxBytes", maxBytes.map(String::valueOf).orElse("none"))
        .with("maxValueBytes", maxValueBytes.map(String::valueOf).orElse("none"))
        .with("placementCluster", placementCluster.orElse("any"))
        .with("placementTags", placementTags)
        .toString();
  }

  /** Collects a configuration, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private String name;
    private String description;
    private Duration maxAge = Duration.ZERO;
    private int history = 1;
    private Storage storage = Storage.FILE;
    private boolean replicated = true;
    private boolean compressed = false;
    private Optional<Long> maxBytes = Optional.empty();
    private Optional<Integer> maxValueBytes = Optional.empty();
    private Optional<String> placementCluster = Optional.empty();
    private List<String> placementTags = List.of();

    private Builder(String name, String description) {
      this.name = name;
      this.description = description;
    }

    private Builder(BucketConfig config) {
      this.name = config.name;
      this.description = config.description;
      this.maxAge = config.maxAge;
      this.history = config.history;
      this.storage = config.storage;
      this.replicated = config.replicated;
      this.compressed = config.compressed;
      this.maxBytes = config.maxBytes;
      this.maxValueBytes = config.maxValueBytes;
      this.placementCluster = config.placementCluster;
      this.placementTags = config.placementTags;
    }

    /** See {@link BucketConfig#description()}. */
    public Builder description(String value) {
      this.description = value;
      return this;
    }

    /** See {@link BucketConfig#maxAge()}. */
    public Builder maxAge(Duration value) {
      Checks.that(!value.isNegative(), name + ".maxAge is negative; use zero for no limit");
      this.maxAge = value;
      return this;
    }

    /** See {@link BucketConfig#history()}. */
    public Builder history(int value) {
      Checks.that(value >= 1 && value <= 64, name + ".history is " + value + "; use 1 to 64");
      this.history = value;
      return this;
    }

    /** See {@link BucketConfig#storage()}. */
    public Builder storage(Storage value) {
      this.storage = value;
      return this;
    }

    /** See {@link BucketConfig#replicated()}. */
    public Builder replicated(boolean value) {
      this.replicated = value;
      return this;
    }

    /** See {@link BucketConfig#compressed()}. */
    public Builder compressed(boolean value) {
      this.compressed = value;
      return this;
    }

    /** See {@link BucketConfig#maxBytes()}. */
    public Builder maxBytes(long value) {
      Checks.that(value >= 1024, "bucket.maxBytes is " + value + "; give 1024 or more");
      this.maxBytes = Optional.of(value);
      return this;
    }

    /** See {@link BucketConfig#maxValueBytes()}. */
    public Builder maxValueBytes(int value) {
      Checks.that(value >= 128, "bucket.maxValueBytes is " + value + "; give 128 or more");
      this.maxValueBytes = Optional.of(value);
      return this;
    }

    /** See {@link BucketConfig#placementCluster()}. */
    public Builder placementCluster(String value) {
      this.placementCluster = Optional.of(value);
      return this;
    }

    /** See {@link BucketConfig#placementTags()}. */
    public Builder placementTags(List<String> value) {
      this.placementTags = List.copyOf(value);
      return this;
    }

    /** Returns the configuration. */
    public BucketConfig build() {

      return new BucketConfig(this);
    }
  }

  /** The storage in which JetStream keeps a bucket. */
  public enum Storage {
    /** On disk. */
    FILE,
    /** In the server's memory: lost when it restarts. */
    MEMORY
  }
}
