package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.model.Migration;
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
import org.junit.jupiter.params.provider.MethodSource;

/** Which indexes are judged how, which columns are read from statements, which settings advised. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class IndexUsageIT {
  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  IndexUsageIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server =
        PostgresServer.start(
            PostgresOptions.defaults()
                .withoutSync()
                .withMajorVersion(majorVersion)
                .withServerSetting("autovacuum_vacuum_scale_factor", "0.02")
                .withServerSetting("autovacuum_vacuum_cost_limit", "2000")
                .withServerSetting("lock_timeout", "5s"));
    database = TestDatabase.migrated(server, "monitoring");
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void reset() throws SQLException {
    database.execute("DROP SCHEMA IF EXISTS app CASCADE; CREATE SCHEMA app");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ALTER TABLE app.t ADD CONSTRAINT i PRIMARY KEY (a)            | Keep - needed for primary key
          ALTER TABLE app.t ADD CONSTRAINT i UNIQUE (a)                 | Keep - needed for a constraint
          CREATE UNIQUE INDEX i ON app.t (a)                            | Keep - needed for uniqueness
          ALTER TABLE app.t ADD CONSTRAINT i EXCLUDE (a WITH =)         | Keep - needed for exclusion constraint
          CREATE UNIQUE INDEX i ON app.t (a); ALTER TABLE app.t REPLICA IDENTITY USING INDEX i | Keep - needed for uniqueness
          CREATE INDEX i ON app.t (parent)                              | Keep - needed for foreign key t_parent_fkey
          CREATE INDEX i ON app.t (a)                                   | Consider dropping - never used in 0 days
          CREATE INDEX i ON app.t (b, parent)                           | Consider dropping
          """)
  void nothingThatIsNeededIsToBeDropped(String sql, String recommendation) throws SQLException {
    database.execute(
        """
        CREATE TABLE app.parents (id INT PRIMARY KEY);
        CREATE TABLE app.t (a INT NOT NULL, b INT,
          parent INT CONSTRAINT t_parent_fkey REFERENCES app.parents);
        """);
    database.execute(sql);

    assertThat(usage("i", "'0', 0")).startsWith(recommendation);
  }

  @Test
  void youngStatisticsAndYoungIndexesAreNotJudged() throws SQLException {
    database.execute("CREATE TABLE app.t (a INT); CREATE INDEX i ON app.t (a)");

    assertThat(usage("i", ""))
        .startsWith("Too early to judge - statistics since 20")
        .contains("UTC");
    assertThat(usage("i", "'0'")).isEqualTo("Too early to judge - the index is new");
    database.query("SELECT pg_stat_reset()");
    assertThat(database.query("SELECT monitoring.statistics_since() > now() - INTERVAL '1 minute'"))
        .containsExactly("t");
  }

  @Test
  void scansAreCountedAndRated() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.t AS SELECT i AS a FROM generate_series(1, 20000) i;
        CREATE INDEX i ON app.t (a);
        ANALYZE app.t
        """);
    find(10);
    assertThat(usage("i", "'0', 0")).isEqualTo("Low usage - review necessity");
    find(95);

    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', schema_name, table_name, index_size, index_scans, tuples_read,
                         tuples_fetched, usage_ratio, recommendation)
                  FROM monitoring.analyze_index_usage('0', 0) WHERE index_name = 'i'
                """))
        .containsExactly("app t 456 kB 105 105 105 100.00 Highly efficient");
  }

  private static void find(int times) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET enable_seqscan = off");
      statement.execute("SET enable_bitmapscan = off");
      for (int i = 1; i <= times; i++) {
        statement.execute("SELECT ctid FROM app.t WHERE a = " + i);
      }
      statement.execute("SELECT pg_stat_force_next_flush()");
    }
  }

  @Test
  void partitionsAreJudgedByTheirRoot() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.t (a INT, b INT) PARTITION BY HASH (a);
        CREATE TABLE app.t_0 PARTITION OF app.t FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE app.t_1 PARTITION OF app.t FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        CREATE INDEX i ON app.t (b);
        CREATE INDEX half ON ONLY app.t (a);
        CREATE INDEX half_0 ON app.t_0 (a);
        ALTER INDEX app.half ATTACH PARTITION app.half_0
        """);
    assertThat(usage("i", "'0', 0")).startsWith("Consider dropping - never used");
    assertThat(usage("t_0_b_idx", "'0', 0")).isEqualTo("Part of app.i - judge that one");
    assertThat(usage("half", "'0', 0")).startsWith("Incomplete - a partition lacks its index");

    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET enable_seqscan = off");
      statement.execute("SELECT ctid FROM app.t WHERE b = 1");
      statement.execute("SELECT pg_stat_force_next_flush()");
    }
    assertThat(
            database.query(
                "SELECT index_scans FROM monitoring.analyze_index_usage('0', 0)"
                    + " WHERE index_name = 'i'"))
        .as("the sum over two partitions")
        .containsExactly("2");
  }

  @Test
  void leftOverOfAFailedBuildIsNamed() throws SQLException {
    database.execute("CREATE TABLE app.t AS SELECT 1 AS a FROM generate_series(1, 2)");
    try {
      database.execute("CREATE UNIQUE INDEX CONCURRENTLY i ON app.t (a)");
    } catch (SQLException e) {
      assertThat(e.getSQLState()).isEqualTo("23505");
    }
    assertThat(usage("i", "'0', 0")).startsWith("Invalid - left behind by a failed");
  }

  private static String usage(String index, String arguments) throws SQLException {
    return database
        .query(
            "SELECT recommendation FROM monitoring.analyze_index_usage(%s) WHERE index_name = '%s'"
                .formatted(arguments, index))
        .get(0);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          SELECT * FROM app.orders WHERE customer = $1 AND placed > $2 AND d < $3 | customer,placed
          select * from app.orders o join app.customers c on c.id = o.customer where c.status = $1 and o.d = $2 | d
          select * from app.orders o, app.customers c where status = $1 and customer = c.id | customer
          SELECT * FROM orders /* where d = 1 */ WHERE "Odd ""Name" = $1 AND note = $2 ORDER BY d | Odd "Name
          SELECT * FROM orders WHERE lower(status) = $1 | ``
          SELECT * FROM orders WHERE status LIKE $1 AND d <> $2 | ``
          UPDATE app.orders SET status = $1 WHERE Customer in ($2 /*, ... */) RETURNING d | customer
          DELETE FROM ONLY orders AS x WHERE x.d <> $1 and x . customer between $2 and $3 | customer
          SELECT * FROM app.orders WHERE customer = $1 OR d = $2 | customer
          SELECT d FROM app.customers WHERE status = $1 | ``
          SELECT * FROM app.orders_archive WHERE customer=$1 | ``
          SELECT * FROM "app"."orders" WHERE "customer"=ANY($1) | customer
          SELECT * FROM app.orders WHERE no_customer = $1 and customer_x = $2 and a.customer = 3 | ``
          SELECT * FROM app.customers c WHERE exists (select from app.orders where orders.customer = c.id and d = $1) | customer,d
          SELECT customer FROM app.orders | ``
          SELECT * FROM app.orders WHERE status = 'customer = 1' | status
          """)
  void filtersAreReadFromStatements(String query, String columns) throws SQLException {
    database.execute(
        """
        CREATE TABLE app.orders (id BIGINT PRIMARY KEY, customer BIGINT, status TEXT, note JSONB,
          placed TIMESTAMPTZ, "Odd ""Name" INT, d NUMERIC, tags TEXT[]);
        CREATE TABLE app.customers (id INT PRIMARY KEY, name TEXT, status TEXT)
        """);
    try (Connection connection = database.connect();
        var statement =
            connection.prepareStatement(
                "SELECT array_to_string(monitoring.where_columns(?, 'app.orders'::regclass),"
                    + " ',')")) {
      statement.setString(1, query);
      try (var row = statement.executeQuery()) {
        row.next();
        assertThat(row.getString(1)).isEqualTo(columns);
      }
    }
  }

  @Test
  void onlyColumnsThatABTreeCanHoldAreCandidates() throws SQLException {
    database.execute(
        """
        CREATE DOMAIN app.amount AS NUMERIC;
        CREATE TYPE app.mood AS ENUM ('good', 'bad');
        CREATE TABLE app.t (a INT, b VARCHAR(20), c app.amount, d app.mood, e UUID, f JSON, g JSONB,
          h BYTEA, i POINT, j TEXT[], k TEXT);
        INSERT INTO app.t (k) SELECT repeat(i::text, 300) FROM generate_series(1, 100) i;
        ANALYZE app.t
        """);
    assertThat(
            database.query(
                """
                SELECT string_agg(attname, '' ORDER BY attnum) FROM pg_attribute
                 WHERE attrelid = 'app.t'::regclass AND attnum > 0
                   AND monitoring.is_btree_candidate(attrelid, attnum)
                """))
        .containsExactly("abcde");
  }

  @Test
  void settingsAreComparedWithWhatIsAdvised() throws SQLException {
    database.execute("DROP ROLE IF EXISTS service; CREATE ROLE service LOGIN");
    database.execute("DROP ROLE IF EXISTS bounded; CREATE ROLE bounded LOGIN CONNECTION LIMIT 20");

    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      // Settings of the asking session do not count for other sessions.
      statement.execute("SET statement_timeout = '5min'");
      assertThat(
              TestDatabase.query(
                  connection,
                  """
                  SELECT concat_ws(' | ', setting, current_value, recommended_value, satisfied)
                    FROM monitoring.setting_advice()
                  """))
          .containsExactlyInAnyOrder(
              "autovacuum_analyze_scale_factor | 0.1 | 0.05 | f",
              "autovacuum_vacuum_cost_limit | 2000 | 1000 | t",
              "autovacuum_vacuum_scale_factor | 0.02 | 0.05 | t",
              "connection limit of role service | none | fewer than max_connections, such as 20"
                  + " for the main service | f",
              "idle_in_transaction_session_timeout | 0 | 1h | f",
              "lock_timeout | 5000 ms | 10s | t",
              "pg_stat_statements.max | 10000 | f",
              "pg_stat_statements.track | all | f",
              "shared_preload_libraries |  | pg_stat_statements | f",
              "statement_timeout | 0 | 5min | f");
    }
    assertThat(database.query("SELECT count(*) FROM monitoring.setting_advice() WHERE reason = ''"))
        .containsExactly("0");
  }

  @Test
  void wayBackLeavesNothing() throws Exception {
    TestDatabase fresh = TestDatabase.migrated(server, "monitoring");
    List<Migration> scripts = BundledSets.read("monitoring").migrations();
    for (int i = scripts.size() - 1; i >= 0; i--) {
      fresh.execute(scripts.get(i).rollbackSql().orElseThrow());
    }
    assertThat(fresh.query("SELECT nspname FROM pg_namespace WHERE nspname = 'monitoring'"))
        .isEmpty();
  }
}
