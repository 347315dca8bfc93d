package io.mistersmith.persistence.migration.model;

import java.util.regex.Pattern;

/**
 * Identifies a version: its set, and its number there. Immutable.
 *
 * @param set the set's name, {@value #CORE} for the scripts that every database gets
 * @param version the version within the set
 */
public record ScriptId(String set, MigrationVersion version) {
  /** The set that every database gets. */
  public static final String CORE = "core";

  private static final Pattern SET = Pattern.compile("[a-z][a-z0-9_]{0,62}");

  /** Checks the set's name. */
  public ScriptId {
    checkSet(set);
  }

  /**
   * Returns the name of a set.
   *
   * @throws IllegalArgumentException when it is not a valid one; the message says what is
   */
  public static String checkSet(String set) {
    if (!SET.matcher(set).matches()) {
      throw new IllegalArgumentException(
          "set is '"
              + set
              + "': use a lower-case letter and up to 62 more letters, digits and underscores");
    }
    return set;
  }

  /** Whether this is a version of the core set. */
  public boolean isCore() {
    return set.equals(CORE);
  }

  /**
   * Returns the form that a header in {@code otherSet} uses: without the set where it is its own.
   */
  public String relativeTo(String otherSet) {
    return set.equals(otherSet) ? version.toString() : set + " " + version;
  }

  /**
   * Parses the form of {@link #relativeTo(String)}.
   *
   * @throws IllegalArgumentException when it has another form
   */
  public static ScriptId parse(String text, String ownSet) {
    String[] words = text.strip().split("\\s+", 2);
    return words.length == 1
        ? new ScriptId(ownSet, MigrationVersion.parse(words[0]))
        : new ScriptId(words[0], MigrationVersion.parse(words[1]));
  }

  /** Returns the version, with the set's name before it unless it is the core's. */
  @Override
  public String toString() {
    return relativeTo(CORE);
  }
}
