package io.mistersmith.persistence.backup.cli;

import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;

/** The settings of backups by name: the environment has precedence over a file. */
final class BackupSettings {

  private static final String PREFIX = "BACKUP_";

  private final Map<String, String> environment;
  private final Properties file;

  /**
   * Reads settings.
   *
   * @throws IllegalArgumentException when the file has a name that looks like one of them
   */
  BackupSettings(Map<String, String> environment, Properties file) {
    this.environment = environment;
    this.file = file;
    TreeSet<String> unknown = new TreeSet<>(file.stringPropertyNames());
    unknown.removeIf(name -> !name.startsWith(PREFIX));
    for (BackupSetting known : BackupSetting.values()) {
      unknown.remove(known.name());
    }
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "the properties file has " + unknown + ", which are no settings of backups");
    }
  }

  /** Returns a value that is set, or has a default; empty or blank counts as not set. */
  Optional<String> find(BackupSetting name) {
    return Optional.ofNullable(environment.get(name.name()))
        .filter(value -> !value.isBlank())
        .or(() -> Optional.ofNullable(file.getProperty(name.name())))
        .filter(value -> !value.isBlank())
        .or(() -> Optional.of(name.byDefault()).filter(value -> !value.isEmpty()))
        .map(String::strip);
  }

  /**
   * Returns a number.
   *
   * @throws IllegalArgumentException when it is none, or out of bounds
   */
  int number(BackupSetting name, int least, int most) {
    String text = find(name).orElse("");
    if (!text.matches("\\d{1,9}")
        || Integer.parseInt(text) < least
        || Integer.parseInt(text) > most) {
      throw new IllegalArgumentException(
          "%s is '%s'; give a whole number from %d to %d".formatted(name, text, least, most));
    }
    return Integer.parseInt(text);
  }
}
