package io.mistersmith.persistence.config;

/** What a write meets while the unflushed backlog is over its limit. */
public enum BackpressurePolicy {
  /** Nothing: the backlog may grow until the bucket is full. */
  OFF,
  /** It waits until the backlog has shrunk, and fails when that takes too long. */
  BLOCK,
  /**
   * It is made, and waits for its own commit: each writer has one write in the backlog at most, so
   * that writers go no faster than PostgreSQL. An asynchronous write does so in its caller's
   * thread.
   */
  WRITE_THROUGH,
  /** It fails at once, and is not made. */
  FAIL
}
