package io.mistersmith.persistence.migration;

import java.util.List;
import java.util.Optional;

/**
 * One version of the schema: the script that leads to it and, where there is one, the script that
 * leads back. Immutable.
 *
 * @param id the set and the version
 * @param name what it is about, from the file's name, with spaces for underscores
 * @param fileName the script's file name, {@code V<version>__<name>.sql}
 * @param kind what sort of change it is, from the script's header
 * @param description the first comment of the script; may be empty
 * @param dependsOn what must be applied before it: what the header says, else the version before it
 *     in its set
 * @param transactional whether the script is one transaction; if not, it is run statement by
 *     statement and goes on where it was cut off
 * @param sql the script, with LF line ends
 * @param rollbackSql the script {@code U<version>__<name>.sql} that takes it back
 * @param checksum SHA-256 of {@code sql} in UTF-8, in hexadecimal
 */
public record Migration(
    ScriptId id,
    String name,
    String fileName,
    MigrationKind kind,
    String description,
    List<ScriptId> dependsOn,
    boolean transactional,
    String sql,
    Optional<String> rollbackSql,
    String checksum) {

  /** Keeps a copy of the list. */
  public Migration {
    dependsOn = List.copyOf(dependsOn);
  }

  /** The set it belongs to. */
  public String set() {
    return id.set();
  }

  /** The version within its set. */
  public MigrationVersion version() {
    return id.version();
  }

  /** The file's name, with the set's before it unless it is the core's. */
  @Override
  public String toString() {
    return id.isCore() ? fileName : set() + "/" + fileName;
  }
}
