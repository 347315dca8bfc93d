package io.mistersmith.persistence.config;

/** Where JetStream keeps a bucket. */
public enum Storage {
  /** On disk. */
  FILE,
  /** In the server's memory: lost when it restarts. */
  MEMORY
}
