package io.mistersmith.persistence.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostgresProgramIT {

  @ParameterizedTest
  @ValueSource(strings = {"psql", "pg_dump", "pg_basebackup", "pg_verifybackup"})
  void findsEachProgram(String name) {
    PostgresProgram program = PostgresProgram.find(name);
    assertThat(program.version()).matches("\\d+\\.\\d+.*");
    assertThat(program.path()).hasFileName(name).isExecutable();
  }

  @Test
  void otherNamesAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PostgresProgram.find("rm"))
        .withMessageStartingWith("name is 'rm': use one of [pg_basebackup, pg_dump,");
  }

  /** As on a machine where none is installed. */
  @Test
  void unpackedProgramTalksToAServer(@TempDir Path folder)
      throws IOException, InterruptedException {
    ServerCache cache = new ServerCache(folder);
    PostgresProgram psql = PostgresProgram.packaged("psql", cache);
    assertThat(psql.path()).startsWith(folder);
    assertThat(PostgresProgram.packaged("pg_verifybackup", cache).version())
        .isEqualTo(PostgresProgram.packaged("pg_basebackup", cache).version())
        .isEqualTo(psql.version());

    try (PostgresServer server = PostgresServer.start(PostgresOptions.defaults())) {
      Process process =
          psql.process(
                  List.of(
                      "-X",
                      "-At",
                      "-w",
                      "-d",
                      "host=%s port=%d dbname=%s user=%s"
                          .formatted(
                              server.host(), server.port(), server.database(), server.user()),
                      "-c",
                      "SELECT 6 * 7"))
              .redirectErrorStream(true)
              .start();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.inputReader().lines()).containsExactly("42");
    }
  }
}
