package io.mistersmith.persistence.core.fault;

import io.mistersmith.persistence.testkit.server.PostgresProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * PostgreSQL's programs for backups, in one directory. Each is a script that runs the test kit's
 * program with its libraries.
 */
final class BackupPrograms {

  private static final List<String> NAMES =
      List.of("pg_dump", "pg_restore", "pg_basebackup", "pg_verifybackup");

  private BackupPrograms() {}

  /** Makes the directory. */
  static Path in(Path parent) {
    try {
      Path directory = Files.createDirectories(parent.resolve("programs"));
      for (String name : NAMES) {
        Path script = directory.resolve(name);
        if (!Files.exists(script)) {
          Files.writeString(script, script(PostgresProgram.find(name)));
          Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String script(PostgresProgram program) {
    String libraries =
        program.process(List.of()).environment().getOrDefault("LD_LIBRARY_PATH", "");
    return "#!/bin/sh\nLD_LIBRARY_PATH='%s' exec '%s' \"$@\"\n"
        .formatted(libraries, program.path());
  }

  /** Returns the major version of the servers that these programs can save. */
  static int majorVersion() {
    String version = PostgresProgram.find("pg_dump").version();
    int major = Integer.parseInt(version.replaceFirst("\\D.*", ""));
    return Math.min(18, Math.max(15, major));
  }
}
