package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.online.ConcurrentIndex;
import io.mistersmith.persistence.migration.online.IndexDefinition;
import io.mistersmith.persistence.migration.online.IndexRecommendations;
import io.mistersmith.persistence.migration.online.IndexRecommendations.Recommendation;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Indexes that are built while others write, are cut off, or are in each other's way. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class ConcurrentIndexIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final ConcurrentIndex.Settings SETTINGS =
      new ConcurrentIndex.Settings(
          Duration.ofMillis(100), SOON, Duration.ofMinutes(2), 50, Duration.ofMillis(50));
  private static final IndexDefinition BY_CUSTOMER =
      IndexDefinition.btree("app", "orders", "idx_orders_customer", List.of("customer"));

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  @SuppressWarnings("NullAway.Init")
  private static TestDatabase database;

  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "index-builder");
            thread.setDaemon(true);
            return thread;
          });

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  ConcurrentIndexIT(int majorVersion) {}

  @BeforeParameterizedClassInvocation
  static void migrate(int majorVersion) throws SQLException {
    server = MigratedDatabases.server(majorVersion);
    database = TestDatabase.migrated(server, "monitoring");
  }

  @BeforeEach
  void reset() throws SQLException {
    database.execute(
        """
        TRUNCATE monitoring.index_recommendations;
        DROP SCHEMA IF EXISTS app CASCADE;
        CREATE SCHEMA app;
        CREATE TABLE app.orders (id INT PRIMARY KEY, customer INT);
        INSERT INTO app.orders SELECT i, i % 100 FROM generate_series(1, 1000) i;
        CREATE TABLE app.parts (id INT, customer INT) PARTITION BY RANGE (id);
        CREATE TABLE app.parts_1 PARTITION OF app.parts FOR VALUES FROM (0) TO (100);
        CREATE TABLE app."Parts 2" PARTITION OF app.parts FOR VALUES FROM (100) TO (200)
          PARTITION BY HASH (id);
        CREATE TABLE app.parts_2_0 PARTITION OF app."Parts 2"
          FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE app.parts_2_1 PARTITION OF app."Parts 2"
          FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        INSERT INTO app.parts SELECT i, i % 10 FROM generate_series(0, 199) i
        """);
  }

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
  }

  private static ConcurrentIndex indexes() {
    return new ConcurrentIndex(database.dataSource(), SETTINGS);
  }

  @Test
  void plainTableIsIndexedWhileAWriterIsAtWork() throws Exception {
    try (Connection writer = database.connect()) {
      writer.setAutoCommit(false);
      execute(writer, "INSERT INTO app.orders VALUES (0, 0)");
      CompletableFuture<Boolean> built =
          CompletableFuture.supplyAsync(() -> indexes().build(BY_CUSTOMER), threads);
      await("the build").atMost(SOON).until(() -> waiting("CREATE INDEX CONCURRENTLY"));

      try (Connection other = database.connect()) {
        execute(other, "SET lock_timeout = '1s'");
        execute(other, "INSERT INTO app.orders VALUES (-1, 0)");
      }
      writer.commit();

      assertThat(built).succeedsWithin(SOON).isEqualTo(true);
    }
    assertThat(valid("idx_orders_customer")).containsExactly("t");
    assertThat(indexes().build(BY_CUSTOMER)).as("nothing is left to do").isFalse();
  }

  private static boolean waiting(String statement) throws SQLException {
    return !database
        .query(
            """
            SELECT pid FROM pg_stat_activity
             WHERE query LIKE '%s%%' AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
            """
                .formatted(statement))
        .isEmpty();
  }

  @Test
  void impatientBuildGivesUpAndIsDoneByTheNextCall() throws Exception {
    ConcurrentIndex impatient =
        new ConcurrentIndex(
            database.dataSource(), SETTINGS.withPatience(Duration.ofMillis(50)).withAttempts(2));
    try (Connection writer = database.connect()) {
      writer.setAutoCommit(false);
      execute(writer, "INSERT INTO app.orders VALUES (0, 0)");
      assertThatExceptionOfType(MigrationException.class)
          .isThrownBy(() -> impatient.build(BY_CUSTOMER))
          .withMessageContaining("idx_orders_customer on app.orders")
          .matches(MigrationException::retryable)
          .matches(e -> "55P03".equals(e.sqlState()));
      writer.commit();
    }
    assertThat(impatient.build(BY_CUSTOMER)).isTrue();
    assertThat(valid("idx_orders_customer")).containsExactly("t");
  }

  @Test
  void invalidIndexOfAnInterruptedBuildIsRebuilt() throws Exception {
    try (Connection writer = database.connect();
        Connection victim = database.connect()) {
      writer.setAutoCommit(false);
      execute(writer, "INSERT INTO app.orders VALUES (0, 0)");
      String pid = TestDatabase.query(victim, "SELECT pg_backend_pid()").get(0);
      CompletableFuture<Void> cutOff =
          CompletableFuture.runAsync(
              () ->
                  assertThatExceptionOfType(SQLException.class)
                      .isThrownBy(
                          () ->
                              execute(
                                  victim,
                                  "CREATE INDEX CONCURRENTLY idx_orders_customer"
                                      + " ON app.orders (customer)")),
              threads);
      await("the build").atMost(SOON).until(() -> waiting("CREATE INDEX CONCURRENTLY"));

      // Another session is building it: its index is left alone.
      ConcurrentIndex once = new ConcurrentIndex(database.dataSource(), SETTINGS.withAttempts(1));
      assertThatExceptionOfType(MigrationException.class)
          .isThrownBy(() -> once.build(BY_CUSTOMER))
          .withMessageContaining("somebody else is building it");

      database.query("SELECT pg_terminate_backend(%s)".formatted(pid));
      assertThat(cutOff).succeedsWithin(SOON);
      writer.commit();
    }
    assertThat(valid("idx_orders_customer")).as("cut off").containsExactly("f");

    assertThat(indexes().build(BY_CUSTOMER)).isTrue();

    assertThat(valid("idx_orders_customer")).containsExactly("t");
  }

  @Test
  void threeBuildersEndWithOneIndex() throws SQLException {
    for (int round = 0; round < 2; round++) {
      List<CompletableFuture<Boolean>> all =
          Stream.generate(
                  () -> CompletableFuture.supplyAsync(() -> indexes().build(BY_CUSTOMER), threads))
              .limit(3)
              .toList();
      assertThat(all).allSatisfy(built -> assertThat(built).succeedsWithin(Duration.ofMinutes(1)));
      assertThat(valid("idx_orders_customer")).containsExactly("t");
      database.execute("DROP INDEX app.idx_orders_customer");
    }
  }

  @Test
  void partitionedTableIsIndexedPartitionByPartition() throws SQLException {
    // One partition has such an index already; another build was cut off before it was attached.
    database.execute("CREATE INDEX \"of old\" ON app.parts_2_0 (customer, id)");
    database.execute("CREATE INDEX \"No 1\" ON ONLY app.parts (customer, id)");
    database.execute("CREATE INDEX \"No 1_parts_1\" ON app.parts_1 (customer, id)");
    IndexDefinition definition =
        IndexDefinition.btree("app", "parts", "No 1", List.of("customer", "id"));
    assertThat(valid("No 1")).containsExactly("f");

    assertThat(indexes().build(definition)).isTrue();

    assertThat(
            database.query(
                """
                SELECT relid::regclass || ' of ' || coalesce(parentrelid::regclass::text, '-')
                  FROM pg_partition_tree('app."No 1"')
                 WHERE (SELECT indisvalid FROM pg_index WHERE indexrelid = relid)
                 ORDER BY level, 1
                """))
        .containsExactly(
            "app.\"No 1\" of -",
            "app.\"No 1_Parts 2\" of app.\"No 1\"",
            "app.\"No 1_parts_1\" of app.\"No 1\"",
            "app.\"No 1_Parts 2_parts_2_1\" of app.\"No 1_Parts 2\"",
            "app.\"of old\" of app.\"No 1_Parts 2\"");
    assertThat(indexes().build(definition)).isFalse();
  }

  @Test
  void partitionedTableGivesWayToWriters() throws Exception {
    IndexDefinition definition =
        IndexDefinition.btree("app", "parts", "idx_parts", List.of("customer"));
    try (Connection writer = database.connect()) {
      writer.setAutoCommit(false);
      execute(writer, "INSERT INTO app.parts VALUES (7, 7)");
      CompletableFuture<Boolean> built =
          CompletableFuture.supplyAsync(() -> indexes().build(definition), threads);
      await("the build").atMost(SOON).until(() -> waiting("CREATE INDEX idx_parts ON ONLY"));

      // Sessions that queued behind the build continue as soon as it gives way.
      try (Connection other = database.connect()) {
        execute(other, "SET lock_timeout = '5s'");
        execute(other, "INSERT INTO app.parts VALUES (8, 8)");
      }
      assertThat(built).isNotDone();
      writer.commit();

      assertThat(built).succeedsWithin(SOON).isEqualTo(true);
    }
    assertThat(valid("idx_parts")).containsExactly("t");
  }

  @Test
  void whatCannotBeBuiltIsSaidAndNotRetried() throws SQLException {
    database.execute("CREATE INDEX taken ON app.orders (id)");
    database.execute("CREATE VIEW app.seen AS SELECT * FROM app.orders");
    assertRefused("orders", "taken", "customer", "something else bears that name");
    assertRefused("orders", "parts", "customer", "something else bears that name");
    assertRefused("orders", "i", "nothing", "the table has no column nothing");
    assertRefused("nowhere", "i", "id", "there is no such table");
    assertRefused("seen", "i", "id", "no table that can have an index");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(
            () ->
                indexes()
                    .build(new IndexDefinition("app", "orders", "i", List.of("id"), "imaginary")))
        .withMessageContaining("access method \"imaginary\" does not exist")
        .matches(e -> "42704".equals(e.sqlState()) && !e.retryable());
  }

  private static void assertRefused(String table, String name, String column, String reason) {
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(
            () -> indexes().build(IndexDefinition.btree("app", table, name, List.of(column))))
        .withMessageContaining(reason)
        .matches(e -> !e.retryable());
  }

  @Test
  void sessionGetsItsTimeoutsBack() throws Exception {
    try (TinyPool pool = new TinyPool(database, 1)) {
      Connection connection = pool.connections().get(0);
      execute(connection, "SET lock_timeout = '3s'");
      new ConcurrentIndex(pool.dataSource(), SETTINGS).build(BY_CUSTOMER);
      assertThat(
              TestDatabase.query(
                  connection,
                  "SELECT current_setting('lock_timeout') || current_setting('statement_timeout')"))
          .containsExactly("3s0");
    }
  }

  @Test
  void recommendationIsImplementedOrRejected() throws SQLException {
    database.execute(
        """
        CREATE TABLE app.customers ("Id" INT PRIMARY KEY);
        CREATE TABLE app.bills (
          "Payer" INT REFERENCES app.customers, receiver INT REFERENCES app.customers);
        SELECT monitoring.generate_index_recommendations()
        """);
    IndexRecommendations recommendations =
        new IndexRecommendations(database.dataSource(), indexes());
    List<Recommendation> pending = recommendations.pending();
    assertThat(pending)
        .extracting(r -> r.index().table() + r.index().columns())
        .containsExactlyInAnyOrder("bills[Payer]", "bills[receiver]");
    assertThat(pending)
        .allSatisfy(r -> assertThat(r.reason()).contains("No index supports"))
        .allSatisfy(r -> assertThat(r.estimatedBenefit()).startsWith("Low"));
    UUID payer = id(pending, "Payer");
    UUID receiver = id(pending, "receiver");

    assertThat(recommendations.implement(payer)).isEqualTo("idx_bills_Payer_auto");
    assertThat(recommendations.implement(payer)).as("again").isEqualTo("idx_bills_Payer_auto");
    recommendations.reject(receiver);

    assertThat(recommendations.pending()).isEmpty();
    assertThat(valid("idx_bills_Payer_auto")).containsExactly("t");
    assertThat(
            database.query(
                """
                SELECT concat_ws(' ', column_names, status, index_name,
                         implemented_at BETWEEN now() - INTERVAL '1 min' AND now())
                  FROM monitoring.index_recommendations ORDER BY 1
                """))
        .containsExactly("{Payer} implemented idx_bills_Payer_auto t", "{receiver} rejected");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> recommendations.implement(receiver))
        .withMessageContaining("is rejected");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> recommendations.reject(payer))
        .withMessageContaining("is implemented");
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> recommendations.implement(UUID.randomUUID()))
        .withMessageContaining("There is no recommendation");
  }

  @Test
  void recommendationThatCannotBeImplementedStaysPending() throws SQLException {
    database.execute(
        """
        INSERT INTO monitoring.index_recommendations
               (schema_name, table_name, column_names, recommendation_reason, estimated_benefit)
        VALUES ('app', 'gone', '{a}', 'seen long ago', 'Low')
        """);
    IndexRecommendations recommendations =
        new IndexRecommendations(database.dataSource(), indexes());
    UUID id = recommendations.pending().get(0).id();

    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(() -> recommendations.implement(id))
        .withMessageContaining("there is no such table");
    assertThat(recommendations.pending()).hasSize(1);
  }

  private static UUID id(List<Recommendation> pending, String column) {
    return pending.stream()
        .filter(r -> r.index().columns().contains(column))
        .findFirst()
        .orElseThrow()
        .id();
  }

  private static List<String> valid(String index) throws SQLException {
    return database.query(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'app.\"%s\"'::regclass"
            .formatted(index));
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
