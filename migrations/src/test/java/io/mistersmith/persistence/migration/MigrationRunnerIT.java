package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.report.MigrationReport;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The bundled scripts on the oldest and the newest PostgreSQL. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class MigrationRunnerIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  MigrationRunnerIT(int majorVersion) {}

  @Test
  void appliesEveryBundledScriptOnceAndThenNothing() throws SQLException {
    MigrationRunner runner =
        MigrationRunner.builder().dataSource(database.dataSource()).note("test", "0.1.0").build();
    int bundled = BundledSets.core().migrations().size();
    assertThat(runner.plan().current()).isEmpty();
    assertThat(runner.plan().pending()).hasSize(bundled);
    assertThat(database.query("SELECT nspname FROM pg_namespace"))
        .as("a plan changes nothing")
        .doesNotContain("migrations");

    MigrationReport first = runner.apply();
    List<String> rows =
        database.query("SELECT h::text FROM migrations.applied_migrations h ORDER BY version");
    MigrationReport second = runner.apply();

    assertThat(first.before()).isEmpty();
    assertThat(first.applied()).hasSize(bundled);
    assertThat(second.applied()).isEmpty();
    assertThat(second.before()).isEqualTo(first.after()).isEqualTo(second.after());
    assertThat(runner.plan().isUpToDate()).isTrue();
    assertThat(rows).hasSize(bundled).allMatch(row -> row.contains("applied"));
    assertThat(
            database.query("SELECT h::text FROM migrations.applied_migrations h ORDER BY version"))
        .isEqualTo(rows);
    assertThat(
            database.query(
                "SELECT coalesce(depends_on_version, '-') FROM migrations.applied_migrations"
                    + " ORDER BY version"))
        .startsWith("-", "1.0.0", "1.1.0");
    assertThat(database.advisoryLocks()).isEmpty();
  }

  @Test
  void rollbackScriptsLeadBackToAnEmptyDatabase() throws SQLException {
    MigrationRunner runner =
        MigrationRunner.builder()
            .dataSource(database.dataSource())
            .sets("monitoring", "online", "recovery")
            .build();
    runner.apply();
    List<Migration> bundled = new ArrayList<>(BundledSets.core().migrations());
    for (String set : List.of("monitoring", "online", "recovery")) {
      bundled.addAll(BundledSets.read(set).migrations());
    }
    for (int i = bundled.size() - 1; i >= 0; i--) {
      database.execute(bundled.get(i).rollbackSql().orElseThrow());
    }
    assertThat(database.query("SELECT nspname FROM pg_namespace"))
        .doesNotContain("agents", "monitoring", "recovery");

    database.execute("UPDATE migrations.applied_migrations SET status = 'rolled_back'");
    assertThat(runner.apply().applied()).hasSize(bundled.size());
  }

  @Test
  void ofTwentyStartersOneAppliesAndTheOthersFindItDone() throws Exception {
    int starters = 20;
    CountDownLatch go = new CountDownLatch(1);
    List<Future<MigrationReport>> futures = new ArrayList<>();
    for (int i = 0; i < starters; i++) {
      MigrationRunner runner = MigrationRunner.of(database.dataSource());
      futures.add(
          threads.submit(
              () -> {
                go.await();
                return runner.apply();
              }));
    }
    go.countDown();

    int applied = 0;
    int appliers = 0;
    for (Future<MigrationReport> future : futures) {
      MigrationReport report = future.get(60, TimeUnit.SECONDS);
      applied += report.applied().size();
      appliers += report.applied().isEmpty() ? 0 : 1;
      assertThat(report.after()).isEqualTo(Optional.of(latestBundled()));
    }
    assertThat(appliers).isEqualTo(1);
    assertThat(applied).isEqualTo(BundledSets.core().migrations().size());
    assertThat(database.advisoryLocks()).isEmpty();
  }

  @Test
  void startersThatShareASmallPoolFinishAndLeaveItAsItWas() throws Exception {
    String settings =
        """
        SELECT string_agg(name || '=' || setting, ', ' ORDER BY name) FROM pg_settings
         WHERE name IN ('application_name', 'idle_session_timeout', 'lock_timeout', 'search_path',
                        'statement_timeout', 'TimeZone')
        """;
    try (TinyPool pool = new TinyPool(database, 2)) {
      List<String> before = ask(pool, settings);
      List<Future<MigrationReport>> futures = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        futures.add(threads.submit(() -> MigrationRunner.of(pool.dataSource()).apply()));
      }
      for (Future<MigrationReport> future : futures) {
        assertThat(future.get(60, TimeUnit.SECONDS).after()).contains(latestBundled());
      }
      assertThat(ask(pool, settings)).isEqualTo(before);
      assertThat(pool.connections())
          .allSatisfy(connection -> assertThat(connection.getAutoCommit()).isTrue());
      assertThat(database.advisoryLocks()).isEmpty();
    }
  }

  private static List<String> ask(TinyPool pool, String sql) throws SQLException {
    List<String> answers = new ArrayList<>();
    for (Connection connection : pool.connections()) {
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(sql)) {
        row.next();
        answers.add(row.getString(1));
      }
    }
    return answers;
  }

  private static MigrationVersion latestBundled() {
    List<Migration> bundled = BundledSets.core().migrations();
    return bundled.get(bundled.size() - 1).version();
  }
}
