package io.mistersmith.persistence.security;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Master keys in variables of the environment. */
final class KeyVariables implements MasterKeySource {

  private final String prefix;
  private final Environment environment;

  /** Returns the value of a variable; null where it is not set. */
  @FunctionalInterface
  interface Environment {
    @Nullable String get(String name);
  }

  KeyVariables(String prefix, Environment environment) {
    this.prefix = prefix;
    this.environment = environment;
  }

  @Override
  public byte[] read(String id) {
    String name = prefix + id.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    String text = environment.get(name);
    if (text == null) {
      throw MasterKeyText.refused("variable " + name, "is not set");
    }
    return MasterKeyText.decode("variable " + name, text);
  }
}
