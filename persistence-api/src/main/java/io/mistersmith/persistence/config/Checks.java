package io.mistersmith.persistence.config;

import java.time.Duration;

/** Conditions that configuration must meet. */
final class Checks {

  private Checks() {}

  static void that(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  static void positive(String field, Duration duration) {
    that(
        !duration.isNegative() && !duration.isZero(),
        field + " is " + duration + "; give a positive duration");
  }

  static void atLeastOne(String field, long value) {
    that(value >= 1, field + " is " + value + "; give at least 1");
  }
}
