package io.mistersmith.persistence.core.soak;

/**
 * A broken promise.
 *
 * @param kind which one
 * @param what what was promised, and what was found
 */
record Fault(Kind kind, String what) {

  /** The kinds of broken promises, as the last line counts them. */
  enum Kind {
    LOST,
    BACKWARD,
    RESURRECTED,
    STALE_OWN_READS,
    HALF_DONE
  }
}
