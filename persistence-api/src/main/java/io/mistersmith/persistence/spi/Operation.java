package io.mistersmith.persistence.spi;

/** What an entry in a bucket's stream does to its key. */
public enum Operation {
  /** Sets the value. */
  PUT,
  /** Deletes the key, and leaves a marker in its place. */
  DELETE
}
