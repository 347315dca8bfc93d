package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.testkit.server.PostgresProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** PostgreSQL's client programs of this machine, or of the distribution's package. */
final class PostgresTools {

  private PostgresTools() {}

  /** Returns a search that finds them, each with the libraries that it needs. */
  static ProgramSearch search(Path directory) throws IOException {
    for (String name : List.of("pg_dump", "pg_restore", "pg_basebackup")) {
      ProcessBuilder program = PostgresProgram.find(name).process(List.of());
      String libraries = program.environment().getOrDefault("LD_LIBRARY_PATH", "");
      Scripts.write(
          directory,
          name,
          "exec %s '%s' \"$@\""
              .formatted(
                  libraries.isEmpty() ? "" : "env LD_LIBRARY_PATH='" + libraries + "'",
                  program.command().get(0)));
    }
    return ProgramSearch.only(List.of(directory));
  }
}
