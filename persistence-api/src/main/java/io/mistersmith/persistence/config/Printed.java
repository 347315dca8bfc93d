package io.mistersmith.persistence.config;

import java.util.StringJoiner;

/** How a configuration prints: its name and all settings. */
final class Printed {

  private final StringJoiner text;

  private Printed(String name) {
    this.text = new StringJoiner(", ", name + "[", "]");
  }

  static Printed of(String name) {
    return new Printed(name);
  }

  Printed with(String setting, Object value) {
    text.add(setting + "=" + value);
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
