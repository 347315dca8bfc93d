package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.RollbackReport;
import io.mistersmith.persistence.migration.report.RollbackReport.RolledBack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** How versions are taken back, and when not. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class RollbackIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  RollbackIT(int majorVersion) {}

  @BeforeEach
  void writeScripts() throws IOException {
    table("1.0.0", "one");
    table("1.1.0", "two");
    table("1.2.0", "three");
  }

  private void table(String version, String name) throws IOException {
    script("V" + version + "__" + name + ".sql", "CREATE TABLE public." + name + " (a INT);");
    script("U" + version + "__" + name + ".sql", "DROP TABLE public." + name + ";");
  }

  @Test
  void takesBackInReverseOrderAndKeepsTheHistory() throws SQLException {
    runner().apply();
    RollbackReport report = runner().rollbackTo(core("1.0.0"));

    assertThat(report.rolledBack())
        .extracting(RolledBack::file)
        .containsExactly("U1.2.0__three.sql", "U1.1.0__two.sql");
    assertThat(tables()).containsExactly("one");
    assertThat(database.history())
        .containsExactly("1.0.0 applied", "1.1.0 rolled_back", "1.2.0 rolled_back");
    assertThat(
            database.query(
                "SELECT count(*) FROM migrations.applied_migrations"
                    + " WHERE rolled_back_at >= applied_at"))
        .containsExactly("2");
    assertThat(database.advisoryLocks()).isEmpty();

    assertThat(runner().apply().applied()).hasSize(2);
    assertThat(tables()).hasSize(3);
  }

  @Test
  void takesBackTheLastOneAndInTheEndEverything() throws SQLException {
    runner().apply();
    assertThat(runner().rollbackLast().rolledBack())
        .extracting(RolledBack::id)
        .containsExactly(core("1.2.0"));
    runner().rollbackTo(new ScriptId("core", MigrationVersion.NONE));
    assertThat(tables()).isEmpty();
    assertThat(runner().rollbackLast().rolledBack()).isEmpty();
  }

  @Test
  void missingWayBackIsNoticedBeforeAnythingIsDone() throws Exception {
    Files.delete(folder.resolve("U1.1.0__two.sql"));
    runner().apply();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().rollbackTo(core("1.0.0")))
        .withMessageContaining("1.1.0")
        .withMessageContaining("nothing was done");
    assertThat(tables()).hasSize(3);
  }

  @Test
  void failedWayBackLeavesTheVersionApplied() throws Exception {
    runner().apply();
    script("U1.2.0__three.sql", "DROP TABLE public.three; SELECT 1 / 0;");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().rollbackLast())
        .withMessageContaining("U1.2.0__three.sql")
        .withMessageContaining("1.2.0 is still there");
    assertThat(database.history()).contains("1.2.0 applied");
    assertThat(tables()).hasSize(3);
  }

  @Test
  void versionOfANewerReleaseGoesBackByTheHistory() throws Exception {
    runner().apply();
    Files.delete(folder.resolve("V1.2.0__three.sql"));
    Files.delete(folder.resolve("U1.2.0__three.sql"));
    assertThat(runner().rollbackLast().rolledBack()).hasSize(1);
    assertThat(tables()).containsExactly("one", "two");
  }

  @Test
  void versionThatAnotherSetDependsOnStays() throws Exception {
    Path own = Files.createDirectory(folder.resolve("own"));
    Files.writeString(
        own.resolve("V1.0.0__own.sql"), "-- depends-on: core 1.1.0\nCREATE TABLE public.own ();");
    MigrationRunner both =
        MigrationRunner.builder()
            .dataSource(database.dataSource())
            .scripts(folder)
            .set("own", own)
            .build();
    both.apply();

    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().rollbackTo(core("1.0.0")))
        .withMessageContaining("own 1.0.0")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.HISTORY_MISMATCH));
    assertThat(runner().rollbackTo(core("1.1.0")).rolledBack()).hasSize(1);
    assertThat(tables()).containsExactly("one", "own", "two");
  }

  @Test
  void versionThatIsNotAppliedIsNoTarget() {
    runner().apply();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().rollbackTo(core("1.0.5")))
        .withMessageContaining("1.0.5 is not applied");
  }

  @Test
  void appliesUpToAVersion() throws SQLException {
    assertThat(runner().applyTo(core("1.1.0")).applied()).hasSize(2);
    assertThat(runner().plan().pending()).hasSize(1);
    assertThat(runner().planTo(core("1.1.0")).isUpToDate()).isTrue();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().applyTo(core("3.0.0")))
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.UNKNOWN_VERSION));
    assertThat(tables()).containsExactly("one", "two");
  }

  private static ScriptId core(String version) {
    return new ScriptId(ScriptId.CORE, MigrationVersion.parse(version));
  }
}
