package io.mistersmith.persistence.testkit.memory;

/** How a transaction holds a row, from the weakest to the strongest. */
enum LockMode {
  /** Another row refers to it, so that it must not be deleted. */
  REFERENCE,
  /** It is changed or added. */
  UPDATE,
  /** It is deleted. */
  DELETE;

  boolean excludes(LockMode other) {
    return this == DELETE || other == DELETE || (this == UPDATE && other == UPDATE);
  }

  LockMode stronger(LockMode other) {
    return compareTo(other) > 0 ? this : other;
  }
}
