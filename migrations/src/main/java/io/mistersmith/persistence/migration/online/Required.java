package io.mistersmith.persistence.migration.online;

import org.jspecify.annotations.Nullable;

/** Checks the required values of a builder. */
final class Required {
  private Required() {}

  /**
   * The value.
   *
   * @throws IllegalStateException when it was not given
   */
  static <T> T value(String name, @Nullable T value) {
    if (value == null) {
      throw new IllegalStateException(name + " is missing: give it to the builder");
    }
    return value;
  }
}
