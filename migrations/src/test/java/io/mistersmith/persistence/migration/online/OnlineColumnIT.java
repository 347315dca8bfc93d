package io.mistersmith.persistence.migration.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.online.ProgressListener.Progress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adds columns to tables. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class OnlineColumnIT extends RunsOnlineChanges {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  OnlineColumnIT(int majorVersion) {}

  @Test
  void columnIsFilledAndNotNullInTheEndAndASecondRunFindsItDone() throws SQLException {
    String table = table("filled", 1_000);
    List<Progress> heard = new ArrayList<>();
    // Volatile: with ADD COLUMN it would rewrite the table.
    OnlineColumn column =
        column(table)
            .defaultExpression("1 + random()")
            .notNull()
            .listener(heard::add)
            .pacing(PATIENT.withBatchSize(100, 100))
            .build();

    OnlineChangeReport report = column.run();
    OnlineChangeReport again = column.run();

    assertThat(report.rowsSeen()).isEqualTo(1_000);
    assertThat(report.rowsWritten()).isEqualTo(1_000);
    assertThat(report.batches()).isEqualTo(heard.size()).isBetween(10, 100);
    assertThat(again.batches()).isZero();
    assertThat(one("SELECT count(DISTINCT weight) > 10 FROM app.filled")).isEqualTo("t");
    assertThat(
            one(
                """
                SELECT concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attnotnull,
                                 pg_get_expr(d.adbin, d.adrelid))
                  FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
                 WHERE a.attrelid = 'app.filled'::regclass AND a.attname = 'weight'
                """))
        .startsWith("numeric(10,2) t ")
        .contains("random()");
    assertThat(query("SELECT conname FROM pg_constraint WHERE conrelid = 'app.filled'::regclass"))
        .noneMatch(name -> name.startsWith("online"));
    assertThat(one("SELECT state FROM migrations.online_changes WHERE table_name = 'app.filled'"))
        .isEqualTo("done");
  }

  @Test
  void allBatchesRunInOneSession() throws SQLException {
    table("one_session", 100);

    OnlineChangeReport report =
        column("app.one_session")
            .fillWith("pg_backend_pid()")
            .pacing(PATIENT.withBatchSize(10, 10))
            .build()
            .run();

    assertThat(report.batches()).isGreaterThanOrEqualTo(10);
    assertThat(one("SELECT count(DISTINCT weight) FROM app.one_session")).isEqualTo("1");
  }

  @Test
  void backfillGoesOnFromItsPositionWhenItsBackendWasTerminated() throws Exception {
    table("terminated", 500);
    execute("CREATE SEQUENCE app.fills");
    OnlineColumn.Builder column =
        column("app.terminated")
            .dataSource(named("terminated-change"))
            .fillWith("nextval('app.fills') * app.gate(id, 250)")
            .pacing(
                PATIENT.withBatchSize(20, 20).withLocks(Duration.ofSeconds(60), 3, Duration.ZERO));
    try (Connection gate = database.getConnection()) {
      execute(gate, "SELECT pg_advisory_lock(250)");
      var cutOff = threads.submit(() -> column.build().run());
      awaitBlocked("terminated-change");
      execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name = 'terminated-change'");
      assertThatExceptionOfType(java.util.concurrent.ExecutionException.class)
          .isThrownBy(cutOff::get)
          .havingCause()
          .isInstanceOfSatisfying(
              MigrationException.class,
              e -> assertThat(e.kind()).isEqualTo(Kind.DATABASE_UNAVAILABLE));
    }
    long done =
        Long.parseLong(
            one(
                "SELECT position ->> 'id' FROM migrations.online_changes"
                    + " WHERE table_name = 'app.terminated'"));
    List<String> before = query("SELECT weight FROM app.terminated WHERE weight IS NOT NULL");

    OnlineChangeReport rest = column.build().run();

    assertThat(done).isEqualTo(before.size()).isBetween(1L, 249L);
    assertThat(rest.rowsSeen()).isEqualTo(500 - done);
    assertThat(query("SELECT weight FROM app.terminated WHERE id <= " + done)).isEqualTo(before);
    assertThat(one("SELECT count(DISTINCT weight) FROM app.terminated")).isEqualTo("500");
    assertThat(
            one(
                "SELECT rows_seen || ' ' || rows_written FROM migrations.online_changes"
                    + " WHERE table_name = 'app.terminated'"))
        .isEqualTo("500 500");
  }

  @Test
  void columnWithoutDefaultIsFilledInRowsWrittenMeanwhileToo() throws SQLException {
    table("derived", 100);
    OnlineColumn.Builder column =
        column("app.derived")
            .type("TEXT")
            .fillWith("lower(body) || ', row ' || id")
            .notNull()
            .pacing(PATIENT.withBatchSize(10, 10))
            .listener(
                progress -> {
                  if (progress.rowsSeen() == 50) {
                    try {
                      execute("INSERT INTO app.derived VALUES (-1, 'BEHIND', 0)");
                      execute("UPDATE app.derived SET weight = NULL WHERE id = 1");
                    } catch (SQLException e) {
                      throw new IllegalStateException(e);
                    }
                  }
                });

    column.build().run();

    assertThat(
            query("SELECT count(*) FROM app.derived WHERE weight = lower(body) || ', row ' || id"))
        .containsExactly("101");
    assertThat(one("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.derived'::regclass"))
        .isEqualTo("0");
    assertThat(one("SELECT count(*) FROM pg_proc WHERE proname ~ '^zz_fill_'")).isEqualTo("0");
  }

  @Test
  void nullsThatAreWrittenBehindThePositionAreFilledBeforeTheyAreForbidden() throws SQLException {
    table("nulls", 100);
    OnlineChangeReport report =
        column("app.nulls")
            .defaultExpression("7")
            .notNull()
            .pacing(PATIENT.withBatchSize(10, 10))
            .listener(
                progress -> {
                  if (progress.rowsSeen() == 50) {
                    try {
                      execute("UPDATE app.nulls SET weight = NULL WHERE id = 1");
                    } catch (SQLException e) {
                      throw new IllegalStateException(e);
                    }
                  }
                })
            .build()
            .run();

    assertThat(report.rowsSeen()).isEqualTo(200);
    assertThat(report.rowsWritten()).isEqualTo(101);
    assertThat(one("SELECT count(*) FROM app.nulls WHERE weight = 7")).isEqualTo("100");
  }

  @Test
  void everyRowIsFoundByAnAwkwardKey() throws SQLException {
    execute(
        """
        CREATE TABLE app."Awkward ""table" (
          "a key" TIMESTAMPTZ, b TEXT, c UUID, d BYTEA, batch_row_number DOUBLE PRECISION,
          PRIMARY KEY (b, "a key", batch_row_number, d, c)
        );
        INSERT INTO app."Awkward ""table"
        SELECT '2026-03-29T00:59:59.123456Z'::timestamptz + i * interval '17 minutes',
               (ARRAY['it''s', 'a"b', '', 'ü €', E'back\\\\slash', '%s'])[1 + i % 6],
               gen_random_uuid(), decode(to_hex(i + 4096), 'hex'), i / 3.0
          FROM generate_series(1, 300) i
        """);

    OnlineChangeReport report =
        column("app.\"Awkward \"\"table\"")
            .defaultExpression("7")
            .pacing(PATIENT.withBatchSize(7, 7))
            .build()
            .run();

    assertThat(report.rowsSeen()).isEqualTo(300);
    assertThat(one("SELECT count(*) FROM app.\"Awkward \"\"table\" WHERE weight = 7"))
        .isEqualTo("300");
  }

  @Test
  void partitionedTableGetsItsColumnInEveryPartition() throws SQLException {
    execute(
        """
        CREATE TABLE app.parts (id INT PRIMARY KEY) PARTITION BY HASH (id);
        CREATE TABLE app.parts_0 PARTITION OF app.parts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO app.parts SELECT generate_series(1, 100)
        """);

    column("app.parts").defaultExpression("7").notNull().build().run();

    assertThat(one("SELECT count(*) FROM app.parts WHERE weight = 7")).isEqualTo("100");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> column("app.parts_0").column("other").build().run())
        .withMessageContaining("app.parts_0")
        .withMessageContaining("parent");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          x; DROP TABLE app.target | INT | 1 | 1
          x" INT; DROP TABLE app.target; -- | INT | 1 | 1
          x | INT; DROP TABLE app.target | 1 | 1
          x | INT DEFAULT 1, ADD COLUMN y INT | 1 | 1
          x | INT -- | 1 | 1
          x | INT /* | 1 | 1
          x | serial | 1 | 1
          x | record | 1 | 1
          x | app.positive | 1 | 1
          x | INT | 1; DROP TABLE app.target | 1
          x | INT | 1), ADD COLUMN y INT DEFAULT (1 | 1
          x | INT | 1 -- | 1
          x | INT | '1 | 1
          x | TEXT | E'a\\'', body = ' | 1
          x | TEXT | U&"a" | 1
          x | TEXT | $$a$$ | 1
          x | INT | (1] | 1
          x | INT | `` | 1
          x | INT | 1, 2 | 1
          x | INT | n | 1
          x | INT | 1 | 1), body = ('gone'
          x | INT | 1 | 1) FROM app.filled WHERE (true
          x | INT | 1 | no_such_column
          x | INT | 1 | 'text'::text
          """)
  void whatIsNoNameTypeOrExpressionIsRefused(
      String column, String type, String defaultExpression, String fill) throws SQLException {
    execute(
        """
        DROP TABLE IF EXISTS app.target;
        CREATE TABLE app.target (id INT PRIMARY KEY, body TEXT, n INT);
        INSERT INTO app.target VALUES (1, 'kept', 1);
        DROP DOMAIN IF EXISTS app.positive;
        CREATE DOMAIN app.positive AS INT CHECK (VALUE > 0)
        """);

    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(
            () ->
                column("app.target")
                    .column(column)
                    .type(type)
                    .defaultExpression(defaultExpression)
                    .fillWith(fill)
                    .build()
                    .run())
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.INVALID_CHANGE));
    assertThat(one("SELECT t::text FROM app.target t")).isEqualTo("(1,kept,1)");
    assertThat(
            query("SELECT table_name FROM migrations.online_changes WHERE table_name ~ 'target'"))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'it''s; -- /* (' || \"upper\"('a;b')",
        "date'2026-01-01' + (1 * (2))",
        "(ARRAY[1, 2])[1]",
        "pg_catalog.now() AT TIME ZONE 'UTC'"
      })
  void expressionsWithQuotesAndParenthesesAreLetThrough(String expression) throws SQLException {
    assertThat(one("SELECT migrations.checked_expression('x', $q$" + expression + "$q$)"))
        .isEqualTo(expression);
  }

  @Test
  void columnThatIsBegunCanBeTakenBack() throws SQLException {
    table("taken_back", 10);
    execute("SELECT migrations.add_column_online('app.taken_back', 'x', 'INT', NULL, 'n + 1')");

    execute(
        """
        SELECT migrations.abandon_column_online(change_id)
          FROM migrations.online_changes WHERE table_name = 'app.taken_back'
        """);

    assertThat(one("SELECT t::text FROM app.taken_back t ORDER BY 1 LIMIT 1"))
        .isEqualTo("(1,\"Row 1\",0)");
    assertThat(one("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'app.taken_back'::regclass"))
        .isEqualTo("0");
    assertThat(one("SELECT state FROM migrations.online_changes WHERE table_name ~ 'taken_back'"))
        .isEqualTo("abandoned");
  }

  @Test
  void anotherDefinitionOfTheSameColumnIsRefused() throws SQLException {
    table("defined", 10);
    column("app.defined").defaultExpression("1").build().run();

    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> column("app.defined").defaultExpression("2").build().run())
        .withMessageContaining("another definition");
  }
}
