package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.internal.lock.AdvisoryLock;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.report.MigrationReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Migrations that are cut off, or blocked by another session. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class BrokenMigrationIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  BrokenMigrationIT(int majorVersion) {}

  @Test
  void migratorWhoseBackendIsTerminatedLeavesNoLockAndTheNextFinishes() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT); SELECT pg_sleep(60);");
    Future<MigrationReport> cutOff = threads.submit(() -> runner().apply());
    terminate("query LIKE '%pg_sleep(60)%' AND state = 'active'");

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> cutOff.get(60, TimeUnit.SECONDS))
        .havingCause()
        .isInstanceOfSatisfying(
            MigrationException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(Kind.DATABASE_UNAVAILABLE);
              assertThat(e).hasMessageContaining("V1.0.0__first.sql");
            });
    assertThat(database.advisoryLocks()).isEmpty();
    assertThat(tables()).isEmpty();

    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    assertThat(runner().apply().applied()).hasSize(1);
    assertThat(database.history()).containsExactly("1.0.0 applied");
  }

  @Test
  void versionLeftRunningByADeadMigratorIsAppliedAgain() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    runner().apply();
    script("V1.0.1__second.sql", "CREATE TABLE public.second (a INT);");
    database.execute(
        """
        INSERT INTO migrations.applied_migrations (version, name, sql_hash, status)
        VALUES ('1.0.1', 'second', 'half-way', 'running')
        """);

    assertThat(runner().apply().applied()).hasSize(1);
    assertThat(database.history()).containsExactly("1.0.0 applied", "1.0.1 applied");
  }

  @Test
  void migratorThatLosesItsLockCannotMakeAVersionRunTwice() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.runs (a INT);");
    runner().apply();
    script("V1.0.1__second.sql", "INSERT INTO public.runs VALUES (1); SELECT pg_sleep(4);");
    script("V1.0.2__third.sql", "CREATE TABLE public.third (a INT);");
    Future<MigrationReport> first = threads.submit(() -> runner().apply());
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> !running("query LIKE '%pg_sleep(4)%' AND state = 'active'").isEmpty());
    terminate("pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')");
    Future<MigrationReport> second = threads.submit(() -> runner().apply());

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> first.get(60, TimeUnit.SECONDS))
        .havingCause()
        .withMessageContaining("migration lock");
    assertThat(second.get(60, TimeUnit.SECONDS).applied())
        .extracting(applied -> applied.migration().fileName())
        .containsExactly("V1.0.2__third.sql");
    assertThat(database.history())
        .containsExactly("1.0.0 applied", "1.0.1 applied", "1.0.2 applied");
    assertThat(database.query("SELECT count(*) FROM public.runs")).containsExactly("1");
  }

  @Test
  void lockThatIsNotGivenBackNamesItsHolder() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    try (Connection holder = database.connect();
        Statement statement = holder.createStatement()) {
      statement.execute("SET application_name = 'night shift'");
      statement.execute("SELECT pg_advisory_lock(" + AdvisoryLock.KEY + ")");
      String pid = database.advisoryLocks().get(0);
      MigrationRunner impatient =
          MigrationRunner.builder()
              .dataSource(database.dataSource())
              .scripts(folder)
              .lockWait(Duration.ofMillis(300))
              .build();

      assertThatExceptionOfType(MigrationException.class)
          .isThrownBy(impatient::apply)
          .withMessageContaining("night shift")
          .withMessageContaining("backend " + pid)
          .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED));
    }
    assertThat(runner().apply().applied()).hasSize(1);
  }

  @Test
  void scriptGivesWayToASessionThatHoldsATable() throws Exception {
    database.execute("CREATE TABLE public.busy (a INT)");
    script("V1.0.0__first.sql", "ALTER TABLE public.busy ADD COLUMN b INT;");
    MigrationRunner runner =
        MigrationRunner.builder()
            .dataSource(database.dataSource())
            .scripts(folder)
            .tableLocks(Duration.ofMillis(100), 50)
            .build();
    Future<MigrationReport> migrating;
    try (Connection user = database.connect();
        Statement statement = user.createStatement()) {
      user.setAutoCommit(false);
      statement.execute("SELECT * FROM public.busy");
      migrating = threads.submit(runner::apply);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> database.query("SELECT nspname FROM pg_namespace").contains("migrations"));
      String start = "SELECT max(started_at)::text FROM migrations.applied_migrations";
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !database.query(start).contains("null"));
      String firstAttempt = database.query(start).get(0);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !database.query(start).contains(firstAttempt));
      user.rollback();
    }

    assertThat(migrating.get(60, TimeUnit.SECONDS).applied())
        .singleElement()
        .satisfies(applied -> assertThat(applied.attempts()).isGreaterThan(1));
  }

  private List<String> running(String condition) throws SQLException {
    return database.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            + " AND pid <> pg_backend_pid() AND "
            + condition);
  }

  private void terminate(String condition) throws TimeoutException {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              List<String> pids = running(condition);
              for (String pid : pids) {
                database.query("SELECT pg_terminate_backend(" + pid + ", 5000)");
              }
              return !pids.isEmpty();
            });
  }
}
