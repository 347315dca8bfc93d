package io.mistersmith.persistence.migration.report;

/**
 * A violation of a lint rule by a script.
 *
 * @param rule the rule's name
 * @param severity how much it weighs
 * @param fileName the script
 * @param line the line, counted from 1
 * @param message what was found
 * @param fix what to write instead
 */
public record Finding(
    String rule, Severity severity, String fileName, int line, String message, String fix) {

  @Override
  public String toString() {
    return "%s:%d: %s [%s] %s. %s".formatted(fileName, line, severity, rule, message, fix);
  }

  /** How much a finding weighs. */
  public enum Severity {
    /** The script stops readers or writers, breaks them, or fails. */
    ERROR,
    /** It works; there is a better way. */
    WARNING
  }
}
