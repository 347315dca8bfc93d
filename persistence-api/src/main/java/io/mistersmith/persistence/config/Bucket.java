package io.mistersmith.persistence.config;

import io.mistersmith.persistence.config.BucketConfig.Storage;
import java.time.Duration;

/** The four buckets and their default settings. */
public enum Bucket {
  /** Sessions: an hour, on disk, the latest value only. */
  SESSION_DATA(
      "Temporary user and agent sessions", Duration.ofHours(1), 1, Storage.FILE, true, false),
  /**
   * The journal of agent state: on disk, compressed, five versions. An entry leaves it after {@link
   * FlushConfig#idleTimeToLive()}, counted from its commit, never by the bucket's age.
   */
  AGENT_STATE("Agent state, flushed to PostgreSQL", Duration.ZERO, 5, Storage.FILE, true, true),
  /** Registered agents: without an age limit, on disk, ten versions. */
  AGENT_CONFIG("Registered agents", Duration.ZERO, 10, Storage.FILE, true, false),
  /** Results of queries: five minutes, in memory, one replica. */
  QUERY_CACHE("Results of queries", Duration.ofMinutes(5), 1, Storage.MEMORY, false, false);

  private final String description;
  private final Duration maxAge;
  private final int history;
  private final Storage storage;
  private final boolean replicated;
  private final boolean compressed;

  Bucket(
      String description,
      Duration maxAge,
      int history,
      Storage storage,
      boolean replicated,
      boolean compressed) {
    this.description = description;
    this.maxAge = maxAge;
    this.history = history;
    this.storage = storage;
    this.replicated = replicated;
    this.compressed = compressed;
  }

  /** The default settings. */
  public BucketConfig defaults() {
    return BucketConfig.builder(name(), description)
        .maxAge(maxAge)
        .history(history)
        .storage(storage)
        .replicated(replicated)
        .compressed(compressed)
        .build();
  }
}
