package io.mistersmith.persistence.checkpoint;

import java.time.Duration;
import java.util.Optional;

/** Conditions that options must meet. */
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

  /** Text that fits its column, and that PostgreSQL can keep. */
  static void text(String field, Optional<String> text, int most) {
    text.ifPresent(
        given -> {
          int length = given.codePointCount(0, given.length());
          that(
              length >= 1 && length <= most,
              field + " has " + length + " characters; give it 1 to " + most);
          that(
              given
                  .codePoints()
                  .noneMatch(
                      c ->
                          c == 0 || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE)),
              field + " holds NUL or half a surrogate pair; leave it out");
        });
  }
}
