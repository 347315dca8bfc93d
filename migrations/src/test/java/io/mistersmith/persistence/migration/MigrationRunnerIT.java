package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.MigrationException.Kind;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The runner on the oldest and the newest PostgreSQL. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 18})
class MigrationRunnerIT {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "migrator");
            thread.setDaemon(true);
            return thread;
          });

  @TempDir private Path folder;
  private TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  MigrationRunnerIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void startServer(int majorVersion) {
    server = PostgresServer.start(PostgresOptions.defaults().withMajorVersion(majorVersion));
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void createDatabase() {
    database = new TestDatabase(server);
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  @Test
  void appliesEveryBundledScriptOnceAndThenNothing() throws SQLException {
    MigrationRunner runner =
        MigrationRunner.builder().dataSource(database.dataSource()).note("test", "0.1.0").build();
    int bundled = ScriptFolder.bundled().size();
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
    MigrationRunner.of(database.dataSource()).apply();
    List<Migration> bundled = new ArrayList<>(ScriptFolder.bundled());
    for (int i = bundled.size() - 1; i >= 0; i--) {
      database.execute(bundled.get(i).rollbackSql().orElseThrow());
    }
    assertThat(database.query("SELECT nspname FROM pg_namespace")).doesNotContain("agents");

    database.execute("UPDATE migrations.applied_migrations SET status = 'rolled_back'");
    assertThat(MigrationRunner.of(database.dataSource()).apply().applied()).hasSize(bundled.size());
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
    assertThat(applied).isEqualTo(ScriptFolder.bundled().size());
    assertThat(database.advisoryLocks()).isEmpty();
  }

  @Test
  void changedScriptIsNamed() throws IOException {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    runner().apply();
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a BIGINT);");
    script("V1.0.1__second.sql", "CREATE TABLE public.second (a INT);");

    assertFails(Kind.CHECKSUM_CHANGED, "V1.0.0__first.sql");
  }

  @Test
  void checkoutWithOtherLineEndsIsNoChange() throws IOException {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (\n  a INT\n);\n");
    runner().apply();
    script("V1.0.0__first.sql", "CREATE TABLE public.first (\r\n  a INT\r\n);\r\n");

    assertThat(runner().apply().applied()).isEmpty();
  }

  @Test
  void failingScriptLeavesNothingButItsStatus() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    script(
        "V1.0.1__second.sql",
        "CREATE TABLE public.second (a INT); SELECT 1 / 0; CREATE TABLE public.third (a INT);");

    MigrationException failure = assertFails(Kind.SCRIPT_FAILED, "V1.0.1__second.sql");

    assertThat(failure.sqlState()).isEqualTo("22012");
    assertThat(failure).hasMessageContaining("at 1.0.0");
    assertThat(database.history()).containsExactly("1.0.0 applied", "1.0.1 failed");
    assertThat(
            database.query(
                "SELECT error_message FROM migrations.applied_migrations WHERE status = 'failed'"))
        .singleElement()
        .asString()
        .contains("division by zero");
    assertThat(tables()).containsExactly("first");

    script("V1.0.1__second.sql", "CREATE TABLE public.second (a INT);");
    assertThat(runner().apply().applied()).hasSize(1);
    assertThat(database.history()).containsExactly("1.0.0 applied", "1.0.1 applied");
  }

  @Test
  void scriptsMustQualifyTheirNames() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE first (a INT);");

    assertFails(Kind.SCRIPT_FAILED, "V1.0.0__first.sql");
    assertThat(tables()).isEmpty();
  }

  @Test
  void functionBodiesQuestionMarksAndBracesReachTheServerAsTheyAre() throws Exception {
    script(
        "V1.0.0__first.sql",
        """
        CREATE FUNCTION public.f(j JSONB) RETURNS BOOLEAN LANGUAGE plpgsql AS $body$
        BEGIN
          -- a ; in a comment, an unbalanced ' too
          RETURN j ? 'a;b' AND '{fn x}' <> ':name';
        END;
        $body$;
        CREATE FUNCTION public.g() RETURNS INT LANGUAGE sql
        BEGIN ATOMIC
          SELECT 1;
          SELECT 2;
        END;
        """);

    runner().apply();

    assertThat(database.query("SELECT public.f('{\"a;b\": 1}') || ' ' || public.g()"))
        .containsExactly("true 2");
  }

  @Test
  void migratorWhoseBackendIsTerminatedLeavesNoLockAndTheNextFinishes() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT); SELECT pg_sleep(60);");
    Future<MigrationReport> cutOff = threads.submit(() -> runner().apply());
    terminate("query LIKE '%pg_sleep(60)%' AND state = 'active'");

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> cutOff.get(30, TimeUnit.SECONDS))
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
  void versionLeftRunningByADeadMigratorIsAppliedAnew() throws Exception {
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
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT); SELECT pg_sleep(4);");
    script("V1.0.1__second.sql", "CREATE TABLE public.second (a INT);");
    Future<MigrationReport> first = threads.submit(() -> runner().apply());
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> !running("query LIKE '%pg_sleep(4)%' AND state = 'active'").isEmpty());
    terminate("pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')");
    Future<MigrationReport> second = threads.submit(() -> runner().apply());

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> first.get(30, TimeUnit.SECONDS))
        .havingCause()
        .withMessageContaining("migration lock");
    assertThat(second.get(30, TimeUnit.SECONDS).applied())
        .extracting(applied -> applied.migration().fileName())
        .containsExactly("V1.0.1__second.sql");
    assertThat(database.history()).containsExactly("1.0.0 applied", "1.0.1 applied");
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
  void scriptGivesWayToWhoeverHoldsATable() throws Exception {
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
          .atMost(Duration.ofSeconds(20))
          .until(() -> database.query("SELECT nspname FROM pg_namespace").contains("migrations"));
      String start = "SELECT max(started_at)::text FROM migrations.applied_migrations";
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> !database.query(start).contains("null"));
      String firstAttempt = database.query(start).get(0);
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> !database.query(start).contains(firstAttempt));
      user.rollback();
    }

    assertThat(migrating.get(30, TimeUnit.SECONDS).applied())
        .singleElement()
        .satisfies(applied -> assertThat(applied.attempts()).isGreaterThan(1));
  }

  private static MigrationVersion latestBundled() {
    List<Migration> bundled = ScriptFolder.bundled();
    return bundled.get(bundled.size() - 1).version();
  }

  private MigrationRunner runner() {
    return MigrationRunner.builder()
        .dataSource(database.dataSource())
        .scripts(folder)
        .lockWait(Duration.ofSeconds(20))
        .build();
  }

  private void script(String name, String sql) throws IOException {
    Files.writeString(folder.resolve(name), sql);
  }

  private MigrationException assertFails(Kind kind, String named) {
    try {
      runner().apply();
    } catch (MigrationException e) {
      assertThat(e.kind()).isEqualTo(kind);
      assertThat(e).hasMessageContaining(named);
      return e;
    }
    throw new AssertionError("apply() succeeded; expected it to fail because of " + named);
  }

  private List<String> tables() throws SQLException {
    return database.query(
        "SELECT tablename FROM pg_tables WHERE schemaname IN ('public', 'pg_catalog')"
            + " AND tableowner = current_user AND tablename !~ '^pg_' ORDER BY 1");
  }

  private List<String> running(String condition) throws SQLException {
    return database.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
            + " AND pid <> pg_backend_pid() AND "
            + condition);
  }

  private void terminate(String condition) throws TimeoutException {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
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
