package io.mistersmith.persistence.bench;

/** The implementation that does the measured work. */
public enum Side {
  /** Calls of the clients' own, written by hand. */
  RAW,

  /** The library. */
  OURS
}
