package io.mistersmith.persistence.config;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The four buckets of seed section 11.2, with its settings where DESIGN leaves them. */
public enum Bucket {
  /** Sessions: an hour, on disk, the latest value only. */
  SESSION_DATA(
      "Temporary user and agent sessions", Duration.ofHours(1), 1, Storage.FILE, true, false),
  /**
   * The journal of agent state: on disk, compressed, five versions. The seeds' 30 minutes are not
   * the bucket's age but {@link FlushConfig#idleTimeToLive()}, counted after the flush.
   */
  AGENT_STATE("Agent state, flushed to PostgreSQL", Duration.ZERO, 5, Storage.FILE, true, true),
  /** Registered agents: for ever, on disk, ten versions. */
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

  /** The settings of the seeds. */
  public BucketConfig defaults() {
    return new BucketConfig(
        name(),
        description,
        maxAge,
        history,
        storage,
        replicated,
        compressed,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of());
  }
}
