package io.mistersmith.persistence.core.internal.backup;

import static io.mistersmith.persistence.core.internal.backup.ClientProgram.PG_BASEBACKUP;
import static io.mistersmith.persistence.core.internal.backup.ClientProgram.PG_COMBINEBACKUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.core.internal.backup.ClientProgram.Found;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProgramSearchTest {

  @TempDir private Path directory;

  private ProgramSearch with(String... versions) throws IOException {
    for (String version : versions) {
      Scripts.version(directory.resolve(version), PG_BASEBACKUP, version);
      Scripts.version(directory.resolve(version), PG_COMBINEBACKUP, version);
    }
    return ProgramSearch.only(Stream.of(versions).map(directory::resolve).toList());
  }

  @ParameterizedTest
  @CsvSource({"15, 15", "16, 17", "17, 17", "18, 18"})
  void theServersOwnVersionComesBeforeANewerOne(int server, int chosen) throws IOException {
    assertThat(with("18.1", "15.9", "17.4").require(PG_BASEBACKUP, server).majorVersion())
        .isEqualTo(chosen);
  }

  @Test
  void whatReadsFilesMustHaveTheVersionOfTheServer() throws IOException {
    ProgramSearch programs = with("18.1", "15.9");
    assertThat(programs.find(PG_COMBINEBACKUP, 17)).isEmpty();
    assertThat(programs.find(PG_COMBINEBACKUP, 18)).isPresent();
  }

  @Test
  void anOlderProgramIsRefusedAndThePackageIsNamed() throws IOException {
    ProgramSearch programs = with("15.18");
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> programs.require(PG_BASEBACKUP, 18))
        .withMessageContaining("pg_basebackup of version 18, or a newer one")
        .withMessageContaining("pg_basebackup of version 15 was found")
        .withMessageContaining("postgresql-client-18")
        .matches(e -> e.error() == DataError.MISCONFIGURED);
  }

  @Test
  void noProgramAtAllIsRefused() {
    assertThatExceptionOfType(NonTransientPersistenceException.class)
        .isThrownBy(() -> ProgramSearch.only(List.of(directory)).require(PG_BASEBACKUP, 16))
        .withMessageContaining("none was found")
        .withMessageContaining("postgresql-client-16");
  }

  @Test
  void configuredDirectoriesComeFirst() throws IOException {
    Path configured = directory.resolve("configured");
    Path onPath = directory.resolve("on-path");
    Scripts.version(configured, PG_BASEBACKUP, "15.1");
    Scripts.version(onPath, PG_BASEBACKUP, "15.1");

    Found found =
        ProgramSearch.of(List.of(configured), onPath.toString()).require(PG_BASEBACKUP, 15);
    assertThat(found.path()).startsWith(configured);
    assertThat(ProgramSearch.of(List.of(), onPath.toString()).require(PG_BASEBACKUP, 15).path())
        .startsWith(onPath);
  }

  /** It says it has one version, and runs another one for another server. */
  @Test
  void aProgramThatChoosesItsVersionIsNotTaken() throws IOException {
    Scripts.write(directory.resolve("wrapped"), "pg_wrapper", "echo 'x (PostgreSQL) 15.1'");
    Path bin = Files.createDirectory(directory.resolve("bin"));
    Files.createSymbolicLink(
        bin.resolve("pg_basebackup"), directory.resolve("wrapped").resolve("pg_wrapper"));
    assertThat(ProgramSearch.only(List.of(bin)).find(PG_BASEBACKUP, 15)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"exit 1", "echo 'pg_basebackup 15.1'", "echo '(PostgreSQL) unknown'"})
  void whatSaysNoVersionIsNoProgram(String lines) throws IOException {
    Scripts.write(directory, "pg_basebackup", lines);
    assertThat(ProgramSearch.only(List.of(directory)).find(PG_BASEBACKUP, 15)).isEmpty();
  }

  @Test
  void aBetaVersionHasItsMajorVersion() {
    assertThat(ClientProgram.majorVersion("pg_dump (PostgreSQL) 19beta1 (Debian 19~beta1-1)"))
        .contains(19);
  }
}
