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
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Which indexes are found missing, from statistics that the tests really cause. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class MissingIndexesIT {
  private static final String WANTED =
      """
      SELECT concat_ws(' ', schema_name || '.' || table_name, column_names, reason, benefit)
        FROM monitoring.missing_indexes(0) WHERE schema_name = 'app'
      """;

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  MissingIndexesIT(int majorVersion) {}

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server =
        PostgresServer.start(
            PostgresOptions.defaults()
                .withoutSync()
                .withMajorVersion(majorVersion)
                .withServerSetting("shared_preload_libraries", "pg_stat_statements"));
    database = TestDatabase.migrated(server, "monitoring");
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @BeforeEach
  void reset() throws SQLException {
    database.execute(
        """
        DROP EXTENSION IF EXISTS pg_stat_statements;
        TRUNCATE monitoring.index_recommendations;
        DROP SCHEMA IF EXISTS app CASCADE;
        CREATE SCHEMA app
        """);
  }

  @Test
  void ownSchemaMissesNone() throws SQLException {
    assertThat(
            database.query(
                "SELECT table_name || column_names::text || reason"
                    + " FROM monitoring.missing_indexes()"))
        .isEmpty();
  }

  @Test
  void foreignKeyWithoutIndexIsFound() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.customers (region INT, id INT, PRIMARY KEY (region, id));
        CREATE TABLE app.orders (
          id INT PRIMARY KEY, region INT, customer INT, "Parent Id" INT REFERENCES app.orders,
          CONSTRAINT orders_customer_fkey FOREIGN KEY (region, customer) REFERENCES app.customers);
        """);
    assertThat(database.query(WANTED))
        .containsExactly(
            "app.orders {\"Parent Id\"} No index supports the foreign key"
                + " \"orders_Parent Id_fkey\" to app.orders Low - there are few rows yet",
            "app.orders {region,customer} No index supports the foreign key orders_customer_fkey to"
                + " app.customers Low - there are few rows yet");
    assertThat(suggestions())
        .contains(
            "CREATE INDEX CONCURRENTLY idx_orders_region_customer_auto ON app.orders (region,"
                + " customer);",
            "CREATE INDEX CONCURRENTLY \"idx_orders_Parent Id_auto\" ON app.orders (\"Parent"
                + " Id\");");

    // Only what the rows with a parent need; and the columns lead, in whatever order.
    database.execute(
        """
        CREATE INDEX ON app.orders ("Parent Id") WHERE "Parent Id" IS NOT NULL;
        CREATE INDEX ON app.orders (customer, region, id)
        """);
    assertThat(database.query(WANTED)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          (id, customer) | false
          (lower(note), customer) | false
          (customer) WHERE id > 5 | false
          USING hash (customer) | true
          (customer) INCLUDE (note) | true
          """)
  void notEveryIndexSupportsAForeignKey(String index, boolean supports) throws SQLException {
    database.execute(
        """
        CREATE TABLE app.customers (id INT PRIMARY KEY);
        CREATE TABLE app.orders (id INT, customer INT REFERENCES app.customers, note TEXT);
        CREATE INDEX ON app.orders %s
        """
            .formatted(index));
    assertThat(database.query(WANTED)).hasSize(supports ? 0 : 1);
  }

  @Test
  void scannedTableWithoutAnyIndexIsFound() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.heap (kind INT, id BIGINT, document JSONB);
        INSERT INTO app.heap SELECT i % 3, i, '{}' FROM generate_series(1, 20000) i;
        CREATE TABLE app.dull AS SELECT 1 AS a FROM generate_series(1, 2000);
        ANALYZE app.heap, app.dull
        """);
    assertThat(database.query(WANTED)).as("before it is scanned").isEmpty();

    scan("app.heap", "kind = 5", 101);
    scan("app.dull", "a = 5", 101);

    assertThat(database.query(WANTED))
        .satisfiesExactly(
            heap ->
                assertThat(heap)
                    .startsWith("app.heap {id} High sequential scan ratio (100.0%) with")
                    .contains("no index at all; id is nearly unique Critical"),
            dull ->
                assertThat(dull)
                    .startsWith("app.dull High")
                    .contains("look at its statements for the columns"));
    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .as("a recommendation has columns")
        .containsExactly("1");
  }

  @Test
  void columnsThatSlowStatementsFilterByAreRecommended() throws SQLException {
    createOrders();
    database.execute("CREATE EXTENSION pg_stat_statements");
    scan("app.orders", "note IS NULL", 101);
    for (int i = 1; i <= 3; i++) {
      slowly("SELECT o.id FROM app.orders o WHERE o.customer = %d AND o.placed_at > now()", i);
    }
    slowly("SELECT id FROM app.orders WHERE document = '{}' AND lower(note) = 'x%d'", 1);
    slowly("SELECT id FROM app.orders WHERE open = true AND %d > 0", 1);

    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .containsExactly("1");
    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .as("it is pending already")
        .containsExactly("0");

    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', schema_name, table_name, column_names, index_type, status,
                         scan_count > 100, tuple_count >= 2000000, cardinality(query_patterns),
                         query_patterns[1] LIKE '%o.customer = $1%', recommendation_reason)
                  FROM monitoring.index_recommendations
                """))
        .singleElement()
        .asString()
        .startsWith("app orders {customer,placed_at} btree pending t t 1 t High sequential scan")
        .endsWith("3 calls of slow statements filter by these columns");

    database.execute("CREATE INDEX ON app.orders (customer, placed_at)");
    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .containsExactly("0");
    assertThat(database.query("SELECT status FROM monitoring.index_recommendations"))
        .as("somebody built it by hand")
        .containsExactly("obsolete");
  }

  private static void createOrders() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.orders (
          id BIGINT PRIMARY KEY, customer INT, note TEXT, placed_at TIMESTAMPTZ, document JSONB,
          open BOOLEAN);
        INSERT INTO app.orders
        SELECT i, i % 500, 'note ' || i, '2026-01-01Z', '{}', true
          FROM generate_series(1, 20000) i;
        ANALYZE app.orders
        """);
  }

  @Test
  void withoutStatementStatisticsTheSuggestionsSaySo() throws SQLException {
    createOrders();
    scan("app.orders", "customer = 7", 101);

    assertThat(
            database.query(
                "SELECT concat_ws(': ', suggested_index, reason, estimated_benefit)"
                    + " FROM monitoring.suggest_missing_indexes()"))
        .singleElement()
        .asString()
        .startsWith("The filters of slow statements were not looked at: the extension")
        .endsWith("Unknown");
    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .containsExactly("0");
  }

  @Test
  void oldRecommendationsBecomeObsoleteAndRejectedOnesStay() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.customers (id INT PRIMARY KEY);
        CREATE TABLE app.orders (customer INT REFERENCES app.customers,
                                 payer INT REFERENCES app.customers);
        """);
    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .containsExactly("2");
    database.execute(
        """
        UPDATE monitoring.index_recommendations SET status = 'rejected'
         WHERE column_names = '{payer}';
        UPDATE monitoring.index_recommendations SET created_at = now() - INTERVAL '31 days'
        """);

    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .as("what still holds comes back")
        .containsExactly("1");
    assertThat(recommendations())
        .containsExactly("{customer} obsolete", "{customer} pending", "{payer} rejected");

    database.execute("DROP TABLE app.orders");
    assertThat(database.query("SELECT monitoring.generate_index_recommendations()"))
        .containsExactly("0");
    assertThat(recommendations())
        .containsExactly("{customer} obsolete", "{customer} obsolete", "{payer} rejected");
  }

  private static List<String> recommendations() throws SQLException {
    return database.query(
        "SELECT column_names::text || ' ' || status FROM monitoring.index_recommendations ORDER BY"
            + " 1");
  }

  @Test
  void partitionedTableIsTakenAsOne() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.customers (id INT PRIMARY KEY);
        CREATE TABLE app.orders (id INT, customer INT REFERENCES app.customers)
          PARTITION BY HASH (id);
        CREATE TABLE app.orders_0 PARTITION OF app.orders FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE app.orders_1 PARTITION OF app.orders FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO app.customers SELECT i FROM generate_series(0, 100) i;
        DELETE FROM app.customers WHERE id = 0;
        INSERT INTO app.orders SELECT i, i % 100 + 1 FROM generate_series(1, 4000) i;
        ANALYZE app.orders;
        SELECT pg_stat_force_next_flush()
        """);
    scan("app.orders", "customer = -1", 101);

    assertThat(database.query(WANTED))
        .satisfiesExactly(
            key ->
                assertThat(key)
                    .startsWith("app.orders {customer} No index supports")
                    .endsWith("High - each of the deletes of app.customers reads about 4000 rows"),
            heap -> assertThat(heap).startsWith("app.orders {id} High sequential scan ratio"));
    assertThat(suggestions())
        .startsWith("CREATE INDEX idx_orders_customer_auto ON ONLY app.orders (customer);");
    assertThat(
            database.query(
                "SELECT row_count || ' ' || (seq_scans >= 202)"
                    + " FROM monitoring.table_scans() WHERE table_oid = 'app.orders'::regclass"))
        .containsExactly("4000 true");
  }

  @Test
  void longIndexNamesAreCutAndStayApart() throws SQLException {
    assertThat(
            database.query(
                """
                SELECT monitoring.recommended_index_name(repeat('\u00e4', 31), ARRAY[c])
                  FROM unnest(ARRAY['a', 'b', 'c']) c
                """))
        .doesNotHaveDuplicates()
        .allMatch(name -> name.startsWith("idx_\u00e4\u00e4") && name.endsWith("_auto"))
        .allMatch(name -> name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length <= 63);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          valid_column_names | 'app', 't', '{}', 'btree', 'r', 'b', 'pending', NULL
          valid_column_names | 'app', 't', '{NULL}', 'btree', 'r', 'b', 'pending', NULL
          valid_status | 'app', 't', '{a}', 'btree', 'r', 'b', 'maybe', NULL
          valid_implementation | 'app', 't', '{a}', 'btree', 'r', 'b', 'implemented', NULL
          valid_implementation | 'app', 't', '{a}', 'btree', 'r', 'b', 'pending', now()
          idx_index_recommendations_pending | 'app', 't', '{twice}', 'btree', 'r', 'b', 'pending', NULL
          """)
  void recommendationIsRefused(String constraint, String values) {
    String insert =
        """
        INSERT INTO monitoring.index_recommendations
               (schema_name, table_name, column_names, index_type, recommendation_reason,
                estimated_benefit, status, implemented_at)
        SELECT %s FROM generate_series(1, 2)
        """;
    assertThatExceptionOfType(PSQLException.class)
        .isThrownBy(() -> database.execute(insert.formatted(values)))
        .satisfies(
            e -> {
              ServerErrorMessage message = e.getServerErrorMessage();
              assertThat(message == null ? null : message.getConstraint()).isEqualTo(constraint);
            });
  }

  private static List<String> suggestions() throws SQLException {
    return database.query("SELECT suggested_index FROM monitoring.suggest_missing_indexes()");
  }

  /** Reads a table from end to end, and has the server count it at once. */
  private static void scan(String table, String condition, int times) throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      statement.execute("SET enable_indexscan = off");
      statement.execute("SET enable_bitmapscan = off");
      for (int i = 0; i < times; i++) {
        statement.execute("SELECT count(*) FROM %s WHERE %s".formatted(table, condition));
      }
      statement.execute("SELECT pg_stat_force_next_flush()");
    }
  }

  private static void slowly(String sql, int value) throws SQLException {
    database.execute(sql.formatted(value) + " AND (SELECT pg_sleep(0.06)) IS NOT NULL");
  }
}
