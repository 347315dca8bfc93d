package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.report.MigrationReport;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Scripts that are no transaction: where they go on, and what they clear away. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class StepwiseIT extends RunsMigrations {
  private static final String BUILD =
      """
      -- kind: index
      -- transactional: no
      CREATE TABLE IF NOT EXISTS public.steps (a INT);
      INSERT INTO public.steps VALUES (1);
      CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON public.t (a);
      CREATE TABLE IF NOT EXISTS public.done (a INT);
      """;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  StepwiseIT(int majorVersion) {}

  @Test
  void failedScriptGoesOnWithTheStatementThatFailed() throws Exception {
    script(
        "V1.0.0__first.sql",
        """
        -- transactional: no
        CREATE TABLE public.steps (a INT);
        INSERT INTO public.steps VALUES (1);
        INSERT INTO public.missing VALUES (1);
        CREATE TABLE public.done (a INT);
        """);
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().apply())
        .withMessageContaining("V1.0.0__first.sql")
        .withMessageContaining("statement 3 of 4, line 4")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.SCRIPT_FAILED));
    assertThat(progress()).containsExactly("failed 2");

    database.execute("CREATE TABLE public.missing (a INT)");

    assertThat(runner().apply().applied()).hasSize(1);
    assertThat(database.query("SELECT count(*) FROM public.steps")).containsExactly("1");
    assertThat(progress()).containsExactly("applied 4");
  }

  @Test
  void correctedScriptStartsFromTheBeginning() throws Exception {
    script(
        "V1.0.0__first.sql",
        "-- transactional: no\nCREATE TABLE IF NOT EXISTS public.steps (a INT); SELECT 1 / 0;");
    assertThatExceptionOfType(MigrationException.class).isThrownBy(() -> runner().apply());
    database.execute("DROP TABLE public.steps");
    script(
        "V1.0.0__first.sql",
        "-- transactional: no\nCREATE TABLE IF NOT EXISTS public.steps (a INT); SELECT 1;");

    runner().apply();

    assertThat(tables()).containsExactly("steps");
  }

  @Test
  void indexThatAKilledBuildLeftInvalidIsBuiltAgain() throws Exception {
    database.execute("CREATE TABLE public.t AS SELECT generate_series(1, 1000) AS a");
    script("V1.0.0__index.sql", BUILD);
    Future<MigrationReport> cutOff;
    try (Connection user = database.connect();
        Statement statement = user.createStatement()) {
      user.setAutoCommit(false);
      statement.execute("INSERT INTO public.t VALUES (0)");
      cutOff = threads.submit(() -> runner().apply());
      String building =
          "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%'"
              + " AND datname = current_database() AND wait_event_type = 'Lock'";
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !database.query(building).isEmpty());
      assertThat(database.query("SELECT locked_by FROM migrations.locks WHERE expires_at > now()"))
          .singleElement()
          .asString()
          .contains("process " + ProcessHandle.current().pid());
      database.query("SELECT pg_terminate_backend(" + database.query(building).get(0) + ", 5000)");
      user.rollback();
    }
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(() -> cutOff.get(60, TimeUnit.SECONDS));
    assertThat(invalidIndexes()).containsExactly("t_a");

    assertThat(runner().apply().applied()).hasSize(1);

    assertThat(invalidIndexes()).isEmpty();
    assertThat(database.query("SELECT indexdef FROM pg_indexes WHERE indexname = 't_a'"))
        .hasSize(1);
    assertThat(database.query("SELECT count(*) FROM public.steps"))
        .as("what was done is not done again")
        .containsExactly("1");
    assertThat(database.query("SELECT count(*) FROM migrations.locks")).containsExactly("0");
  }

  /** The build waits longer than a statement may wait for a table's lock, and stops nobody. */
  @Test
  void concurrentBuildOutlastsALongTransactionBesideAWaitingMigrator() throws Exception {
    database.execute("CREATE TABLE public.t AS SELECT generate_series(1, 1000) AS a");
    script("V1.0.0__index.sql", BUILD);
    MigrationRunner runner =
        MigrationRunner.builder()
            .dataSource(database.dataSource())
            .scripts(folder)
            .tableLocks(Duration.ofMillis(50), 1)
            .build();
    try (Connection user = database.connect();
        Statement statement = user.createStatement()) {
      user.setAutoCommit(false);
      statement.execute("INSERT INTO public.t VALUES (0)");
      Future<MigrationReport> first = threads.submit(runner::apply);
      Future<MigrationReport> second = threads.submit(runner::apply);
      Awaitility.await()
          .during(Duration.ofMillis(600))
          .atMost(Duration.ofSeconds(60))
          .until(
              () ->
                  !first.isDone()
                      && !second.isDone()
                      && database
                          .query(
                              "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX"
                                  + " CONCURRENTLY%' AND datname = current_database()")
                          .contains("1"));
      user.commit();
      int applied =
          first.get(60, TimeUnit.SECONDS).applied().size()
              + second.get(60, TimeUnit.SECONDS).applied().size();
      assertThat(applied).isEqualTo(1);
    }
    assertThat(invalidIndexes()).isEmpty();
  }

  @Test
  void rollbackThatIsNoTransactionGoesOnToo() throws Exception {
    database.execute("CREATE TABLE public.t (a INT)");
    script("V1.0.0__index.sql", BUILD);
    script(
        "U1.0.0__index.sql",
        """
        -- transactional: no
        DROP INDEX CONCURRENTLY IF EXISTS public.t_a;
        DROP TABLE public.missing;
        DROP TABLE IF EXISTS public.done, public.steps;
        """);
    runner().apply();
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().rollbackLast())
        .withMessageContaining("U1.0.0__index.sql")
        .withMessageContaining("statement 2 of 3");
    assertThat(progress()).containsExactly("rolling_back 1");
    database.execute("CREATE TABLE public.missing (a INT)");

    assertThat(runner().rollbackLast().rolledBack()).hasSize(1);

    assertThat(tables()).containsExactly("t");
    assertThat(database.history()).containsExactly("1.0.0 rolled_back");
    assertThat(runner().apply().applied()).hasSize(1);
  }

  @Test
  void staleRowInLocksBlocksNobody() throws Exception {
    script("V1.0.0__first.sql", "CREATE TABLE public.first (a INT);");
    runner().apply();
    database.execute(
        "INSERT INTO migrations.locks (lock_name, locked_by, expires_at)"
            + " VALUES ('migration', 'a dead process', now() + INTERVAL '1 hour')");
    script("V1.1.0__second.sql", "CREATE TABLE public.second (a INT);");

    assertThat(runner().apply().applied()).hasSize(1);
    assertThat(database.query("SELECT locked_by FROM migrations.locks")).isEmpty();
  }

  private List<String> progress() throws Exception {
    return database.query(
        "SELECT status || ' ' || statements_done FROM migrations.applied_migrations");
  }

  private List<String> invalidIndexes() throws Exception {
    return database.query("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid");
  }
}
