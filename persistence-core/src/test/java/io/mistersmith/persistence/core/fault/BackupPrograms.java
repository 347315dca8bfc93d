package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.testkit.server.PostgresProgram;
import java.nio.file.Path;

/** PostgreSQL's programs for backups. */
final class BackupPrograms {

  private BackupPrograms() {}

  /** Returns a directory that has them. */
  static Path in(Path parent) {
    return PostgresProgram.scripts(
        parent.resolve("programs"), "pg_dump", "pg_restore", "pg_basebackup", "pg_verifybackup");
  }

  /** Returns the major version of the servers that these programs can save. */
  static int majorVersion() {
    String version = PostgresProgram.find("pg_dump").version();
    int major = Integer.parseInt(version.replaceFirst("\\D.*", ""));
    return Math.min(18, Math.max(15, major));
  }
}
