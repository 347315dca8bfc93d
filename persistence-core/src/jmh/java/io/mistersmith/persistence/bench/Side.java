package io.mistersmith.persistence.bench;

/** Who does the work that is measured. */
public enum Side {
  /** Calls of the clients' own, written by hand. */
  RAW,

  /** The library. */
  OURS
}
