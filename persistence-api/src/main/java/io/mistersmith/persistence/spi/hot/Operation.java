package io.mistersmith.persistence.spi.hot;

/** The effect of an entry in a bucket's stream on its key. */
public enum Operation {
  /** Sets the value. */
  PUT,
  /** Deletes the key, and leaves a marker in its place. */
  DELETE
}
