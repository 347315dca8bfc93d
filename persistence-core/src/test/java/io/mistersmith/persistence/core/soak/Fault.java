package io.mistersmith.persistence.core.soak;

/**
 * A broken promise.
 *
 * @param kind which one
 * @param what what was promised, and what was found
 */
record Fault(Kind kind, String what) {

  /** What can go wrong, as the last line counts it. */
  enum Kind {
    LOST,
    BACKWARD,
    RESURRECTED,
    STALE_OWN_READS
  }
}
