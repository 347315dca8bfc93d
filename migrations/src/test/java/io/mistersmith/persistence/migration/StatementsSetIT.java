package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans of slow statements, of which none may run again, whatever their text. */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {15, 16, 18})
class StatementsSetIT {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  StatementsSetIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws Exception {
    server =
        PostgresServer.start(
            PostgresOptions.defaults()
                .withoutSync()
                .withMajorVersion(majorVersion)
                .withServerSetting("shared_preload_libraries", "pg_stat_statements"));
    database = TestDatabase.migrated(server, "monitoring");
    // A schema that nobody expects; the set finds the extension all the same.
    database.execute(
        """
        CREATE SCHEMA "Elsewhere"; CREATE EXTENSION pg_stat_statements SCHEMA "Elsewhere";
        CREATE SCHEMA app;
        CREATE TABLE app.orders AS
          SELECT i AS id, i % 500 AS customer, 'x' || i AS note FROM generate_series(1, 2000) i;
        CREATE TABLE app.traces (n INT);
        CREATE FUNCTION app.side_effect() RETURNS INT LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO app.traces VALUES (1);
          RETURN 1;
        END $$;
        CREATE FUNCTION app.liar() RETURNS INT LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN
          RETURN (SELECT app.side_effect());
        END $$;
        CREATE FUNCTION app.who_asks() RETURNS INT LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN
          RAISE EXCEPTION 'planned by %', current_user;
        END $$;
        CREATE PROCEDURE app.wipe() LANGUAGE sql AS 'DELETE FROM app.orders';
        GRANT USAGE ON SCHEMA app TO PUBLIC;
        GRANT SELECT ON app.orders TO PUBLIC
        """);
    OptionalSet.STATEMENTS.apply(database.dataSource());
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void forgetPlans() throws SQLException {
    database.execute("TRUNCATE monitoring.query_plans");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          SELECT * FROM app.orders WHERE id = $1 AND note = $2 | Seq Scan
          SELECT * FROM app.orders WHERE customer IN ($1 /*, ... */) LIMIT $2 | Limit
          /* from: shop */ -- and more\\n SELECT count(*) FROM app.orders | Aggregate
          (SELECT id FROM app.orders) UNION ALL (VALUES ($1::int)); ; | Append
          DELETE FROM app.orders | ModifyTable
          DELETE FROM app.orders WHERE id = $1 RETURNING note | ModifyTable
          UPDATE app.orders SET note = $1 | ModifyTable
          INSERT INTO app.orders VALUES ($1, $2, $3) | ModifyTable
          MERGE INTO app.orders o USING app.traces t ON t.n = o.id WHEN MATCHED THEN DELETE | ModifyTable
          WITH gone AS (DELETE FROM app.orders RETURNING id) SELECT * FROM gone | CTE Scan
          SELECT app.side_effect() | Result
          SELECT * INTO app.copy FROM app.orders | Seq Scan
          """)
  void explainsWithoutRunning(String text, String node) throws SQLException {
    String before = contents();

    assertThat(capture(text)).containsExactly(node, null);

    assertThat(contents()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          SELECT 1; DELETE FROM app.orders | semicolon
          SELECT 1 /* ; */ | semicolon
          EXPLAIN ANALYZE DELETE FROM app.orders | utility statements
          TRUNCATE app.orders | utility statements
          CALL app.wipe() | utility statements
          DO 'BEGIN DELETE FROM app.orders; END' | semicolon
          LOCK TABLE app.orders | utility statements
          CREATE TABLE app.copy AS SELECT app.side_effect() | utility statements
          EXECUTE wiping | utility statements
          /* /* */ SELECT 1 */ DROP TABLE app.orders | syntax error at or near "DROP"
          SELECT * FROM app.orders WHERE note = $1 AND cust | column "cust" does not exist
          SELECT * FROM app.orders WHERE note = | syntax error at end of input
          SELECT * FROM orders | relation "orders" does not exist
          SELECT interval $1 | syntax error at or near "$1"
          <insufficient privilege> | not to be had
          """)
  void recordsWhatCannotBeExplained(String text, String error) throws SQLException {
    String before = contents();

    assertThat(capture(text)[1]).contains(error);

    assertThat(contents()).isEqualTo(before);
  }

  @Test
  void slowestStatementsComeWithTheirLatestPlan() throws SQLException {
    database.execute(
        "SELECT note FROM app.orders WHERE id = 7 AND (SELECT pg_sleep(0.05)) IS NOT NULL");
    String hash =
        database
            .query(
                "SELECT query_hash FROM monitoring.slowest_statements(50)"
                    + " WHERE query_text LIKE 'SELECT note FROM app.orders WHERE id = $1%'")
            .get(0);
    database.query(
        "SELECT monitoring.capture_slow_query_plan('%s', 'SELECT note FROM app.orders', 50)"
            .formatted(hash));
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', calls >= 1, mean_exec_time_ms >= 50,
                         plan_json -> 0 -> 'Plan' ->> 'Relation Name')
                  FROM monitoring.slowest_statements(50) WHERE query_hash = '%s'
                """
                    .formatted(hash)))
        .containsExactly("t t orders");
    assertThat(database.query("SELECT count(*) FROM monitoring.slowest_statements(1)"))
        .containsExactly("1");
  }

  @Test
  void whatPlanningDoesIsTakenBack() throws SQLException {
    // The planner itself calls what claims to be immutable.
    assertThat(capture("SELECT app.liar()")[1]).contains("read-only transaction");
    assertThat(database.query("SELECT count(*) FROM app.traces")).containsExactly("0");
  }

  @Test
  void unqualifiedNamesAreFoundOnTheGivenPath() throws SQLException {
    assertThat(
            database.query(
                "SELECT monitoring.explain_statement('SELECT FROM orders', 'app') #>>"
                    + " '{0,Plan,Alias}'"))
        .containsExactly("orders");
  }

  @Test
  void sessionStaysAsItWas() throws SQLException {
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      for (String text : new String[] {"SELECT $1::int", "SELECT nonsense", "SELECT 1; SELECT 2"}) {
        TestDatabase.query(connection, "SELECT monitoring.explain_statement('%s')".formatted(text));
      }
      assertThat(
              TestDatabase.query(
                  connection,
                  """
                  SELECT concat_ws(' ', current_setting('transaction_read_only'),
                           current_setting('plan_cache_mode'), current_setting('lock_timeout'),
                           (SELECT count(*) FROM pg_prepared_statements
                             WHERE name LIKE 'monitoring%'))
                  """))
          .containsExactly("off auto 0 0");
    }
  }

  @Test
  void slowStatementsAreCapturedOnceADay() throws SQLException {
    database.query("SELECT \"Elsewhere\".pg_stat_statements_reset()");
    slowly("SELECT id FROM app.orders WHERE customer = 7");
    String statistics = statistics();

    assertThat(database.query("SELECT monitoring.auto_capture_slow_queries(40, 1)"))
        .containsExactly("1");

    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', query_text LIKE '%FROM app.orders WHERE customer = $1%',
                         calls, mean_exec_time_ms >= 40, total_exec_time_ms >= 40,
                         plan_json @? '$.**.Filter', execution_stats ->> 'calls')
                  FROM monitoring.query_plans
                """))
        .containsExactly("t 1 t t t 1");
    assertThat(database.query("SELECT monitoring.auto_capture_slow_queries(40, 1)"))
        .containsExactly("0");
    database.execute(
        "UPDATE monitoring.query_plans SET captured_at = captured_at - INTERVAL '25 hours'");
    assertThat(database.query("SELECT monitoring.auto_capture_slow_queries(40, 1)"))
        .containsExactly("1");
    assertThat(statistics()).as("the others' statistics").isEqualTo(statistics);
  }

  private static String statistics() throws SQLException {
    return database
        .query("SELECT stats_reset || ' ' || dealloc FROM \"Elsewhere\".pg_stat_statements_info")
        .get(0);
  }

  @Test
  void statementOfARoleThatMayLessIsNotPlannedWithMoreRights() throws SQLException {
    database.execute("DROP ROLE IF EXISTS guest; CREATE ROLE guest LOGIN");
    try (Connection connection = database.connect()) {
      execute(connection, "SET ROLE guest");
      slowly(connection, "SELECT id FROM app.orders WHERE note = 'guest'");
    }
    database.query("SELECT monitoring.auto_capture_slow_queries(40)");

    assertThat(
            database.query(
                "SELECT plan_json ->> 'error' FROM monitoring.query_plans"
                    + " WHERE query_text LIKE '%note = %'"))
        .singleElement()
        .asString()
        .startsWith("run by guest, whose functions planning would run with the rights of");
    assertThat(explainObstacle("guest", "postgres")).isEqualTo("f");
    assertThat(explainObstacle("postgres", "guest")).isEqualTo("t");
    assertThat(explainObstacle("guest", "guest")).isEqualTo("t");
  }

  /** Whether the one may have what the other ran be planned. */
  private static String explainObstacle(String ran, String captures) throws SQLException {
    try (Connection connection = database.connect()) {
      execute(connection, "GRANT USAGE ON SCHEMA monitoring TO guest");
      execute(connection, "SET ROLE " + captures);
      return TestDatabase.query(
              connection,
              "SELECT monitoring.explain_obstacle(ARRAY['%s'::regrole::oid]) IS NULL"
                  .formatted(ran))
          .get(0);
    }
  }

  @Test
  void meanTimesBeyondTheThresholdsAreAlerts() throws SQLException {
    slowly("SELECT note FROM app.orders WHERE customer = 8");
    threshold("40", "100000");
    assertThat(performanceAlerts()).contains("WARNING 1 t").doesNotContain("CRITICAL 1 t");
    assertThat(
            database.query(
                "SELECT alert_level FROM monitoring.check_alerts('{query_execution_time_ms}')"))
        .containsExactly("WARNING");

    threshold("10", "40");
    assertThat(performanceAlerts()).contains("CRITICAL 1 t");

    threshold("90000", "100000");
    assertThat(performanceAlerts()).isEmpty();
  }

  private static List<String> performanceAlerts() throws SQLException {
    return database.query(
        """
        SELECT concat_ws(' ', alert_level, calls, message LIKE 'Query averaging % ms over % calls')
          FROM monitoring.check_query_performance_alerts()
         WHERE metric_name = 'query_execution_time_ms' AND query_hash ~ '^-?[0-9]+$'
        """);
  }

  private static void threshold(String warning, String critical) throws SQLException {
    database.execute(
        """
        UPDATE monitoring.alert_thresholds
           SET warning_threshold = %s, critical_threshold = %s
         WHERE metric_name = 'query_execution_time_ms'
        """
            .formatted(warning, critical));
  }

  @Test
  void wayBackLeavesAnExtensionOfSomebodyElseAndTakesItsOwn() throws Exception {
    OptionalSet set = OptionalSet.STATEMENTS;
    TestDatabase fresh = TestDatabase.migrated(server, "monitoring");
    String extensions =
        "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname ~ 'statements'";
    assertThat(fresh.query("SELECT monitoring.statement_statistics_obstacle()"))
        .singleElement()
        .asString()
        .contains("is not installed");
    assertThat(fresh.query("SELECT count(*) FROM monitoring.slow_statements(0)"))
        .containsExactly("0");

    set.apply(fresh.dataSource());
    assertThat(fresh.query(extensions)).containsExactly("monitoring");
    assertThat(fresh.query("SELECT count(*) > 0 FROM monitoring.slow_statements(0)"))
        .containsExactly("t");
    set.takeBack(fresh.dataSource());
    assertThat(fresh.query(extensions)).isEmpty();

    fresh.execute("CREATE EXTENSION pg_stat_statements SCHEMA public");
    set.apply(fresh.dataSource());
    set.takeBack(fresh.dataSource());
    assertThat(fresh.query(extensions)).containsExactly("public");
  }

  @Test
  void roleThatMayNotCreateTheExtensionIsToldSo() throws Exception {
    TestDatabase fresh = TestDatabase.migrated(server, "monitoring");
    fresh.execute("DROP ROLE IF EXISTS modest; CREATE ROLE modest");
    fresh.execute("GRANT ALL ON SCHEMA monitoring TO modest");
    try (Connection connection = fresh.connect()) {
      execute(connection, "SET ROLE modest");
      assertThatExceptionOfType(SQLException.class)
          .isThrownBy(() -> execute(connection, OptionalSet.STATEMENTS.script("V1.0.0")))
          .withMessageContaining("which modest may not create")
          .withMessageContaining("Let a superuser run CREATE EXTENSION");
    }
    fresh.execute("DROP OWNED BY modest; DROP ROLE modest");
  }

  /** The node at the top of the plan, and the error, of which one is null. */
  private static String[] capture(String text) throws SQLException {
    try (Connection connection = database.connect();
        var statement =
            connection.prepareStatement(
                """
                SELECT p.plan_json #>> '{0,Plan,Node Type}', p.plan_json ->> 'error'
                  FROM monitoring.query_plans p
                 WHERE p.plan_id = ?
                """);
        var call =
            connection.prepareStatement(
                "SELECT monitoring.capture_slow_query_plan('no hash', ?, 12.5)")) {
      call.setString(1, text.replace("\\n", "\n"));
      try (var row = call.executeQuery()) {
        row.next();
        statement.setObject(1, row.getObject(1));
      }
      try (var row = statement.executeQuery()) {
        row.next();
        return new String[] {row.getString(1), row.getString(2)};
      }
    }
  }

  private static String contents() throws SQLException {
    return database
        .query(
            """
            SELECT concat_ws(' ', (SELECT count(*) || min(note) FROM app.orders),
                     (SELECT count(*) FROM app.traces), to_regclass('app.copy'))
            """)
        .get(0);
  }

  private static void slowly(String sql) throws SQLException {
    try (Connection connection = database.connect()) {
      slowly(connection, sql);
    }
  }

  /** One call that takes 50 ms, most of them asleep. */
  private static void slowly(Connection connection, String sql) throws SQLException {
    execute(connection, sql + " AND (SELECT pg_sleep(0.05)) IS NOT NULL");
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
