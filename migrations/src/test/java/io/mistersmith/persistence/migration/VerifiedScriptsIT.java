package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.report.PlannedMigration;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Queries in the head of a script, which must return no row before and after it. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class VerifiedScriptsIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  VerifiedScriptsIT(int majorVersion) {}

  @BeforeEach
  void createTable() throws SQLException {
    database.execute("CREATE TABLE public.jobs (id INT, state TEXT)");
    database.execute("INSERT INTO public.jobs VALUES (1, 'old'), (2, 'old')");
  }

  private List<String> results() throws SQLException {
    return database.query(
        """
        SELECT concat_ws(' ', script_set, migration_version, test_type, status, test_name)
          FROM migrations.validation_results ORDER BY created_at, test_name
        """);
  }

  @Test
  void whatPassesIsKeptAsPreAndPost() throws Exception {
    script(
        "V1.0.0__states.sql",
        """
        -- kind: data
        -- verify-before: SELECT id FROM public.jobs
        --   WHERE state IS NULL
        -- verify-before: SELECT 1 WHERE false
        -- verify-after: SELECT id FROM public.jobs WHERE state = 'old'
        UPDATE public.jobs SET state = 'new';
        """);
    assertThat(runner().apply().applied()).hasSize(1);
    assertThat(results())
        .containsExactly(
            "core 1.0.0 pre passed verify-before 1: SELECT id FROM public.jobs WHERE state IS NULL",
            "core 1.0.0 pre passed verify-before 2: SELECT 1 WHERE false",
            "core 1.0.0 post passed verify-after 1: SELECT id FROM public.jobs WHERE state ="
                + " 'old'");
  }

  @Test
  void aRowBeforeKeepsTheScriptFromRunning() throws Exception {
    script(
        "V1.0.0__states.sql",
        """
        -- verify-before: SELECT id, state FROM public.jobs WHERE state = 'old' ORDER BY id
        UPDATE public.jobs SET state = 'new';
        """);
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().apply())
        .withMessageContaining("V1.0.0__states.sql")
        .withMessageContaining("verify-before returned a row, (id = 1, state = old)")
        .withMessageContaining("SELECT id, state FROM public.jobs WHERE state = 'old' ORDER BY id")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.SCRIPT_FAILED));
    assertThat(states()).containsExactly("old");
    assertThat(database.history()).containsExactly("1.0.0 failed");
    assertThat(results()).singleElement().asString().startsWith("core 1.0.0 pre failed verify-bef");
  }

  @Test
  void aRowAfterTakesTheScriptBack() throws Exception {
    script(
        "V1.0.0__states.sql",
        """
        -- verify-before: SELECT 1 WHERE false
        -- verify-after: SELECT id FROM public.jobs WHERE state <> 'done'
        UPDATE public.jobs SET state = 'new';
        """);
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().apply())
        .withMessageContaining("verify-after returned a row")
        .withMessageContaining("Nothing of it remains");
    assertThat(states()).as("rolled back").containsExactly("old");
    assertThat(results())
        .as("the failure outlives its transaction")
        .containsExactly(
            "core 1.0.0 post failed verify-after 1: SELECT id FROM public.jobs WHERE state <>"
                + " 'done'");
    assertThat(database.query("SELECT error_message FROM migrations.validation_results").get(0))
        .contains("(id = 1)");

    database.execute("UPDATE public.jobs SET state = 'done'");
    script("V1.0.0__states.sql", "-- verify-after: SELECT 1 WHERE false\nSELECT 1;");
    assertThat(runner().apply().applied()).hasSize(1);
  }

  private List<String> states() throws SQLException {
    return database.query("SELECT DISTINCT state FROM public.jobs");
  }

  @Test
  void aQueryCannotChangeAnything() throws Exception {
    database.execute(
        """
        CREATE FUNCTION public.sneak() RETURNS INT LANGUAGE sql
        AS 'DELETE FROM public.jobs RETURNING 1'
        """);
    script(
        "V1.0.0__sneaky.sql",
        "-- verify-before: SELECT public.sneak()\nUPDATE public.jobs SET state = 'new';");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().apply())
        .withMessageContaining("read-only transaction");
    assertThat(states()).containsExactly("old");
  }

  @Test
  void aScriptWithoutTransactionIsVerifiedOutsideOfItsStatements() throws Exception {
    script(
        "V1.0.0__index.sql",
        """
        -- transactional: no
        -- verify-before: SELECT 1 FROM pg_class WHERE relname = 'jobs_id'
        -- verify-after: SELECT state FROM public.jobs WHERE state = 'old'
        CREATE INDEX CONCURRENTLY IF NOT EXISTS jobs_id ON public.jobs (id);
        """);
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().apply())
        .withMessageContaining("verify-after returned a row, (state = old)")
        .withMessageContaining("the next run goes on with it");
    assertThat(database.query("SELECT indexname FROM pg_indexes WHERE indexname = 'jobs_id'"))
        .as("what is done stays")
        .hasSize(1);

    database.execute("UPDATE public.jobs SET state = 'new'");
    assertThat(runner().apply().applied()).as("what verified the start is over").hasSize(1);
    assertThat(results())
        .extracting(result -> result.replaceFirst("^core 1.0.0 (\\w+ \\w+) .*", "$1"))
        .containsExactly("pre passed", "post failed", "post passed");
  }

  @Test
  void aWayBackIsVerifiedToo() throws Exception {
    script("V1.0.0__table.sql", "CREATE TABLE public.more (a INT);");
    script(
        "U1.0.0__table.sql",
        "-- verify-before: SELECT a FROM public.more\nDROP TABLE public.more;");
    runner().apply();
    database.execute("INSERT INTO public.more VALUES (7)");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().rollbackLast())
        .withMessageContaining("U1.0.0__table.sql")
        .withMessageContaining("(a = 7)");
    assertThat(tables()).contains("more");
    database.execute("TRUNCATE public.more");
    assertThat(runner().rollbackLast().rolledBack()).hasSize(1);
  }

  @Test
  void planShowsAndDryRunTriesTheQueries() throws Exception {
    script(
        "V1.0.0__states.sql",
        """
        -- verify-after: SELECT id FROM public.jobs WHERE state = 'old'
        UPDATE public.jobs SET state = 'new' WHERE id = 1;
        """);
    assertThat(runner().forecast(Optional.empty()))
        .extracting(PlannedMigration::migration)
        .flatExtracting(Migration::verifyAfter)
        .containsExactly("SELECT id FROM public.jobs WHERE state = 'old'");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> runner().dryRun(Optional.empty()))
        .withMessageContaining("would fail")
        .withMessageContaining("(id = 2)");
    assertThat(states()).containsExactly("old");
  }
}
