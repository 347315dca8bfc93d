package io.mistersmith.persistence.model;

/** How one {@link VectorClock} stands to another. */
public enum Causality {
  /** Both have seen the same. */
  EQUAL,
  /** The other has seen all that this one has, and more. */
  BEFORE,
  /** This one has seen all that the other has, and more. */
  AFTER,
  /** Each has seen something that the other has not, or it can no longer be told. */
  CONCURRENT
}
