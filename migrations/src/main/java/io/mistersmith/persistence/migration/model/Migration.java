package io.mistersmith.persistence.migration.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * One version of the schema: the script that leads to it and, where there is one, the script that
 * leads back. Immutable.
 *
 * @param id the set and the version
 * @param name what it is about, from the file's name, with spaces for underscores
 * @param fileName the script's file name, {@code V<version>__<name>.sql}
 * @param kind the kind of change, from the script's header
 * @param description the first comment of the script; may be empty
 * @param dependsOn the versions that must be applied before it: those of the header, else the
 *     version before it in its set
 * @param transactional whether the script is one transaction; if not, it is run statement by
 *     statement and resumes where it was interrupted
 * @param verifyBefore queries that must return no row before its statements
 * @param verifyAfter queries that must return no row after its statements
 * @param sql the script, with LF line ends
 * @param rollbackSql the script {@code U<version>__<name>.sql} that takes it back
 * @param checksum SHA-256 of {@code sql} in UTF-8, in hexadecimal
 */
public record Migration(
    ScriptId id,
    String name,
    String fileName,
    Kind kind,
    String description,
    List<ScriptId> dependsOn,
    boolean transactional,
    List<String> verifyBefore,
    List<String> verifyAfter,
    String sql,
    Optional<String> rollbackSql,
    String checksum) {

  /** Keeps copies of the lists. */
  public Migration {
    dependsOn = List.copyOf(dependsOn);
    verifyBefore = List.copyOf(verifyBefore);
    verifyAfter = List.copyOf(verifyAfter);
  }

  /** The set it belongs to. */
  public String set() {
    return id.set();
  }

  /** The version within its set. */
  public MigrationVersion version() {
    return id.version();
  }

  /** Returns the file's name, with the set's before it unless it is the core's. */
  @Override
  public String toString() {
    return id.isCore() ? fileName : set() + "/" + fileName;
  }

  /** The kind of change, from the script's header; the history keeps it as migration_type. */
  public enum Kind {
    /** Tables, types, constraints, views; the kind of a script whose header names none. */
    SCHEMA,
    /** Rows. */
    DATA,
    /** Indexes. */
    INDEX,
    /** Partitions and what manages them. */
    PARTITION,
    /** Functions and triggers. */
    FUNCTION;

    /** The name in lower case, as headers and the history write it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
