package io.mistersmith.persistence.migration;

import java.util.Optional;

/**
 * One version of the schema: the script that leads to it and, where there is one, the script that
 * leads back. Immutable.
 *
 * @param version the version
 * @param name what it is about, from the file's name, with spaces for underscores
 * @param fileName the script's file name, {@code V<version>__<name>.sql}
 * @param sql the script, with LF line ends
 * @param rollbackSql the script {@code U<version>__<name>.sql} that takes it back
 * @param checksum SHA-256 of {@code sql} in UTF-8, in hexadecimal
 */
public record Migration(
    MigrationVersion version,
    String name,
    String fileName,
    String sql,
    Optional<String> rollbackSql,
    String checksum) {

  @Override
  public String toString() {
    return fileName;
  }
}
