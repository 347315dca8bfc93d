package io.mistersmith.persistence.migration;

import java.util.regex.Pattern;

/**
 * What a version is known by: the set it belongs to, and its number there. Immutable.
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

  static String checkSet(String set) {
    if (!SET.matcher(set).matches()) {
      throw new IllegalArgumentException(
          "set is '"
              + set
              + "': use a lower-case letter and up to 62 more letters, digits and underscores");
    }
    return set;
  }

  boolean isCore() {
    return set.equals(CORE);
  }

  /** As a script of {@code otherSet} would write it down: without the set where it is its own. */
  String relativeTo(String otherSet) {
    return set.equals(otherSet) ? version.toString() : set + " " + version;
  }

  /** Reads what {@link #relativeTo(String)} wrote. */
  static ScriptId parse(String text, String ownSet) {
    String[] words = text.strip().split("\\s+", 2);
    return words.length == 1
        ? new ScriptId(ownSet, MigrationVersion.parse(words[0]))
        : new ScriptId(words[0], MigrationVersion.parse(words[1]));
  }

  /** The version, with the set's name before it unless it is the core's. */
  @Override
  public String toString() {
    return relativeTo(CORE);
  }
}
