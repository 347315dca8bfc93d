package io.mistersmith.persistence.config;

import java.util.Objects;
import java.util.function.Supplier;

/**
 * A password or a token. Prints as {@code ***}, so that it gets into no log by way of a
 * configuration that is printed. Immutable.
 */
public final class Secret {

  private final String value;

  private Secret(String value) {
    this.value = value;
  }

  /** Returns the secret with this value. */
  public static Secret of(String value) {
    return new Secret(value);
  }

  /** Asks a source, for which an answer of null would be a connection without any password. */
  static Secret from(String field, Supplier<Secret> source) {
    return Objects.requireNonNull(
        source.get(), field + ": the supplier returned null; return a Secret, or throw");
  }

  /** Returns the value, for the call that needs it. */
  public String reveal() {
    return value;
  }

  @Override
  public String toString() {
    return "***";
  }
}
