package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** This library in an application that has scripts of its own where Flyway looks by default. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class BesideFlywayIT extends RunsMigrations {
  private static final String CORE = "classpath:io/mistersmith/persistence/db/core";

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  BesideFlywayIT(int majorVersion) {}

  @Test
  void defaultLocationHasTheApplicationsScriptsAlone() {
    assertThat(Arrays.stream(application().info().all()).map(MigrationInfo::getScript))
        .containsExactly("V1__application.sql");
  }

  @Test
  void applicationMigratesBeforeTheLibrary() throws SQLException {
    assertThat(application().migrate().migrationsExecuted).isOne();
    apply();
    assertBothAreDone();
  }

  @Test
  void applicationMigratesAfterTheLibrary() throws SQLException {
    apply();
    assertThat(application().migrate().migrationsExecuted).isOne();
    assertBothAreDone();
  }

  @Test
  void scriptsThatFlywayAppliedAreRecordedByABaseline() throws SQLException {
    flyway().locations(CORE).load().migrate();
    MigrationRunner runner = MigrationRunner.of(database.dataSource());
    List<Migration> scripts = BundledSets.core().migrations();
    ScriptId last = scripts.get(scripts.size() - 1).id();

    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(runner::apply)
        .withMessageContaining(
            "Flyway applied them (public.flyway_schema_history lists %d)".formatted(scripts.size()))
        .withMessageContaining("baseline --to " + last)
        .withMessageContaining("delete these rows from public.flyway_schema_history")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.HISTORY_MISMATCH));
    assertThatExceptionOfType(MigrationException.class).isThrownBy(runner::plan);
    assertThat(database.query("SELECT to_regclass('migrations.applied_migrations')::text"))
        .as("nothing was changed")
        .containsExactly("null");

    assertThat(runner.baseline(last)).hasSize(scripts.size());
    assertThat(runner.apply().applied()).isEmpty();
  }

  @Test
  void historyOfFlywaySaysHowFarItCame() throws SQLException {
    // Version 7.0.0 registers partitions, which no object shows.
    flyway().locations(CORE).table("own_name").target("7.0.0").load().migrate();
    MigrationRunner runner = MigrationRunner.of(database.dataSource());

    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(runner::apply)
        .withMessageContaining("public.own_name")
        .withMessageContaining("'baseline --to 7.0.0'");

    runner.baseline(new ScriptId(ScriptId.CORE, MigrationVersion.parse("7.0.0")));
    assertThat(runner.apply().applied())
        .as("the versions after it")
        .hasSize(
            (int)
                BundledSets.core().migrations().stream()
                    .filter(m -> m.version().compareTo(MigrationVersion.parse("7.0.0")) > 0)
                    .count());
  }

  private Flyway application() {
    return flyway().load();
  }

  private FluentConfiguration flyway() {
    return Flyway.configure().dataSource(database.dataSource());
  }

  private void apply() {
    assertThat(MigrationRunner.of(database.dataSource()).apply().applied())
        .hasSameSizeAs(BundledSets.core().migrations());
  }

  private void assertBothAreDone() throws SQLException {
    application().validate();
    assertThat(application().migrate().migrationsExecuted).isZero();
    assertThat(MigrationRunner.of(database.dataSource()).apply().applied()).isEmpty();
    assertThat(database.query("SELECT script FROM public.flyway_schema_history"))
        .containsExactly("V1__application.sql");
  }
}
