package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.testkit.server.PostgresProgram;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Applies scripts with psql alone, a transaction each. */
final class AppliesWithPsql {
  private static final long LIMIT_SECONDS = 120;

  private final PostgresServer server;
  private final String database;
  private final Path folder;
  private final PostgresProgram psql = PostgresProgram.find("psql");

  /**
   * @param folder where scripts are kept meanwhile
   */
  AppliesWithPsql(PostgresServer server, String database, Path folder) {
    this.server = server;
    this.database = database;
    this.folder = folder;
  }

  /** With the full counts each script has a call of psql, as the guide has it. */
  void apply(List<Migration> scripts) throws IOException, InterruptedException {
    StringBuilder all = new StringBuilder();
    for (Migration script : scripts) {
      Path file = folder.resolve(script.id().set() + "-" + script.fileName());
      Files.writeString(file, script.sql());
      if (PostgresVersions.full()) {
        run(file, script.transactional());
      } else {
        String included = "\\i '" + file + "'\n";
        all.append(script.transactional() ? "BEGIN;\n" + included + "COMMIT;\n" : included);
      }
    }
    if (!all.isEmpty()) {
      run(Files.writeString(folder.resolve("all.sql"), all), false);
    }
  }

  private void run(Path script, boolean inTransaction) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of("-X", "-q", "-w", "-v", "ON_ERROR_STOP=1"));
    if (inTransaction) {
      arguments.add("-1");
    }
    arguments.addAll(
        List.of("-h", server.host(), "-p", String.valueOf(server.port()), "-U", server.user()));
    arguments.addAll(List.of("-d", database, "-f", script.toString()));
    Path output = script.resolveSibling("psql.log");
    ProcessBuilder builder = psql.process(arguments).redirectErrorStream(true);
    server.password().ifPresent(password -> builder.environment().put("PGPASSWORD", password));
    Process process = builder.redirectOutput(output.toFile()).start();
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    assertThat(process.waitFor())
        .as("psql -f %s: %s", script.getFileName(), Files.readString(output))
        .isZero();
  }
}
