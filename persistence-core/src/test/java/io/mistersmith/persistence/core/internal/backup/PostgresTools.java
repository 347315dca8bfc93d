package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.testkit.server.PostgresProgram;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** PostgreSQL's client programs of this machine, or of the distribution's package. */
final class PostgresTools {

  private static final int OLDEST = 15;

  private static final List<ClientProgram> NEEDED =
      List.of(ClientProgram.PG_DUMP, ClientProgram.PG_RESTORE, ClientProgram.PG_BASEBACKUP);

  private PostgresTools() {}

  /**
   * Returns a search that finds programs for PostgreSQL 15.
   *
   * @param directory for scripts that run the package's programs with their libraries, where none
   *     are installed
   */
  static ProgramSearch search(Path directory) throws IOException {
    ProgramSearch installed = ProgramSearch.of(List.of());
    if (NEEDED.stream().allMatch(kind -> installed.find(kind, OLDEST).isPresent())) {
      return installed;
    }
    for (ClientProgram kind : NEEDED) {
      ProcessBuilder program = PostgresProgram.find(kind.fileName()).process(List.of());
      String libraries = program.environment().getOrDefault("LD_LIBRARY_PATH", "");
      Scripts.write(
          directory,
          kind.fileName(),
          "exec env LD_LIBRARY_PATH='%s' '%s' \"$@\""
              .formatted(libraries, program.command().get(0)));
    }
    return ProgramSearch.only(List.of(directory));
  }
}
