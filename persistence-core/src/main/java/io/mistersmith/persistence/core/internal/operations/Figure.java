package io.mistersmith.persistence.core.internal.operations;

import java.util.OptionalDouble;

/** Measures a metric of this runtime. */
@FunctionalInterface
public interface Figure {

  /**
   * What was measured.
   *
   * @param value the value; empty when it cannot be had
   * @param detail what it is about, or why it cannot be had
   */
  record Reading(OptionalDouble value, String detail) {

    /** A value that was measured. */
    public static Reading of(double value, String detail) {
      return new Reading(OptionalDouble.of(value), detail);
    }

    /** A value that cannot be had. */
    public static Reading unknown(String reason) {
      return new Reading(OptionalDouble.empty(), reason);
    }
  }

  /**
   * Measures.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when a store does not answer
   */
  Reading read();
}
