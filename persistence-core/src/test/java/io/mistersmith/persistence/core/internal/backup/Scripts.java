package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.core.internal.backup.ClientProgram.Found;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Programs of the shell, which stand for PostgreSQL's. */
final class Scripts {

  private Scripts() {}

  /** Writes a program with these lines. */
  static Path write(Path directory, String name, String lines) throws IOException {
    Files.createDirectories(directory);
    Path file = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + lines + "\n");
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Writes a program that says it has a version. */
  static Path version(Path directory, ClientProgram kind, String version) throws IOException {
    return write(
        directory,
        kind.fileName(),
        "echo '%s (PostgreSQL) %s'".formatted(kind.fileName(), version));
  }

  /** Writes a {@code pg_dump} with these lines. */
  static Found dump(Path directory, String lines) throws IOException {
    return new Found(ClientProgram.PG_DUMP, write(directory, "pg_dump", lines), 15);
  }
}
