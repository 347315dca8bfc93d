package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.existing.ScriptObjects;
import io.mistersmith.persistence.migration.internal.existing.UnrecordedObjects;
import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssertAlternative;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Objects that are there without an entry in the history. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class UnrecordedObjectsIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  UnrecordedObjectsIT(int majorVersion) {}

  @Test
  void versionIsRecognisedByItsObjects() throws SQLException {
    MigrationRunner runner = MigrationRunner.of(database.dataSource());
    List<Migration> order = BundledSets.core().migrations();
    Optional<ScriptId> known = Optional.empty();
    for (Migration script : order) {
      runner.applyTo(script.id());
      if (!ScriptObjects.of(script).created().isEmpty()) {
        known = Optional.of(script.id());
      }
      try (Connection connection = database.connect()) {
        UnrecordedObjects objects = UnrecordedObjects.of(connection, ScriptId.CORE, order);
        assertThat(objects.lastComplete().map(Migration::id)).isEqualTo(known);
      }
    }
  }

  @Test
  void lostHistoryIsSetUpAgainByABaseline() throws SQLException {
    MigrationRunner runner = MigrationRunner.of(database.dataSource());
    runner.applyTo(core("4.0.0"));
    database.execute("DELETE FROM migrations.applied_migrations");

    assertRefused(runner)
        .withMessageContaining("core scripts up to version 4.0.0")
        .withMessageContaining("another tool")
        .withMessageContaining("'baseline --to 4.0.0'");

    runner.baseline(core("4.0.0"));
    assertThat(runner.apply().applied().get(0).migration().version()).hasToString("4.1.0");
  }

  @Test
  void objectsOfALaterVersionAreNamed() throws SQLException {
    MigrationRunner runner = MigrationRunner.of(database.dataSource());
    runner.applyTo(core("4.0.0"));
    database.execute("DROP SCHEMA migrations CASCADE");
    database.execute("CREATE TABLE messages.log (id INT)");

    assertRefused(runner)
        .withMessageContaining("'baseline --to 4.0.0'")
        .withMessageContaining("messages.log");
  }

  @Test
  void optionalSetIsRecognisedByItself() throws SQLException {
    MigrationRunner runner =
        MigrationRunner.builder().dataSource(database.dataSource()).sets("audit").build();
    runner.apply();
    database.execute("DELETE FROM migrations.applied_migrations WHERE script_set = 'audit'");

    assertRefused(runner).withMessageContaining("baseline --to audit:");
    assertThat(MigrationRunner.of(database.dataSource()).apply().applied()).isEmpty();
  }

  @Test
  void failedAttemptDoesNotKeepABaselineOut() throws SQLException {
    MigrationRunner runner = MigrationRunner.of(database.dataSource());
    runner.applyTo(core("1.1.0"));
    database.execute(
        """
        DELETE FROM migrations.applied_migrations WHERE version <> '1.0.0';
        UPDATE migrations.applied_migrations SET status = 'failed', applied_at = NULL
        """);

    assertRefused(runner).withMessageContaining("'baseline --to 1.1.0'");
    assertThat(runner.baseline(core("1.1.0"))).hasSize(2);
  }

  @Test
  void otherApplicationsTableIsLeftAlone() throws SQLException {
    database.execute("CREATE SCHEMA tasks; CREATE TABLE tasks.queue (id INT)");

    assertRefused(MigrationRunner.of(database.dataSource()))
        .withMessageContaining("V3.1.0__tasks_queue.sql would create tasks.queue")
        .withMessageContaining("schema tasks seems to belong to another application")
        .withMessageContaining("agents.registry")
        .withMessageContaining("a database of their own");
    assertThat(database.query("SELECT nspname FROM pg_namespace"))
        .as("nothing was changed")
        .doesNotContain("agents", "migrations");
  }

  @Test
  void schemaIsSharedWithOtherTables() throws SQLException {
    database.execute("CREATE SCHEMA agents; CREATE TABLE agents.brokers (id INT)");

    assertThat(MigrationRunner.of(database.dataSource()).apply().applied())
        .hasSameSizeAs(BundledSets.core().migrations());
  }

  @Test
  void otherApplicationsHistoryIsNotTakenForOurs() throws SQLException {
    database.execute(
        "CREATE SCHEMA migrations; CREATE TABLE migrations.applied_migrations (n INT)");

    assertRefused(MigrationRunner.of(database.dataSource()))
        .withMessageContaining("migrations.applied_migrations")
        .withMessageContaining("another application");
  }

  private static ScriptId core(String version) {
    return new ScriptId(ScriptId.CORE, MigrationVersion.parse(version));
  }

  private static ThrowableAssertAlternative<MigrationException> assertRefused(
      MigrationRunner runner) {
    return assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(runner::apply)
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.HISTORY_MISMATCH))
        .withMessageNotContaining("failed in attempt");
  }
}
