package io.mistersmith.persistence.core;

import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static io.mistersmith.persistence.model.PostgresRole.REPLICA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.zaxxer.hikari.HikariDataSource;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A runtime on pools that the application made, filled and keeps. */
@Tag("contract")
class ApplicationDataSourcesIT {

  private static final AtomicInteger RUNS = new AtomicInteger();
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Where nobody listens: the library must not connect by itself. */
  private static final String NOBODY = "jdbc:postgresql://127.0.0.1:1/none";

  private final PostgresServer server = TestServers.postgres();
  private final String database = MigratedDatabase.create();
  private final HikariDataSource pool = pool(database);

  private HikariDataSource pool(String jdbcUrl) {
    HikariDataSource made = new HikariDataSource();
    made.setJdbcUrl(jdbcUrl);
    made.setUsername(server.user());
    server.password().ifPresent(made::setPassword);
    made.setAutoCommit(false);
    made.setMinimumIdle(0);
    made.setMaximumPoolSize(6);
    return made;
  }

  @AfterEach
  void close() {
    pool.close();
  }

  @Test
  void allRolesUseTheApplicationsPoolAndLeaveNoTraceInIt() throws SQLException {
    PersistenceConfig config = config(NOBODY);
    try (Persistence persistence = all(pool).open(config)) {
      Agent agent = Agent.of("worker", "one");
      assertThat(persistence.agents().save(agent)).isNotNull();
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey key = StateKey.of(agent.id(), "count");
      for (long i = 0; i < 50; i++) {
        assertThat(states.save(key, i)).isNotNull();
      }
      Awaitility.await()
          .atMost(SOON)
          .until(
              () ->
                  strings(pool, "SELECT state_value::text FROM agents.state")
                      .equals(List.of("49")));
      String limits =
          persistence
              .transactions()
              .run(
                  TransactionOptions.builder(Boundary.DISTRIBUTED_SAGA, "limits")
                      .correlationId("once " + database)
                      .build(),
                  tx ->
                      tx.query(
                              "SELECT current_setting('lock_timeout') || ' '"
                                  + " || current_setting('transaction_isolation') AS found",
                              Map.of(),
                              row -> row.get("found", String.class))
                          .get(0));
      assertThat(limits).isEqualTo("10s repeatable read");
      assertThat(persistence.operations().pools().stats())
          .extracting(Pools.Stats::name, Pools.Stats::size)
          .contains(tuple("primary", 6));
    }

    assertThat(pool.isClosed()).isFalse();
    assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero();
    try (Connection one = pool.getConnection()) {
      assertThat(one.getAutoCommit()).isFalse();
      assertThat(one.getNetworkTimeout()).isZero();
    }
    assertThat(
            strings(
                pool,
                """
                SELECT name FROM pg_settings
                 WHERE source = 'session'
                   AND name IN ('statement_timeout', 'lock_timeout', 'synchronous_commit',
                                'idle_in_transaction_session_timeout')
                """))
        .isEmpty();
  }

  @Test
  void theNoticesSayWhatIsTheApplications() {
    try (Persistence persistence =
        ApplicationDataSources.of(PRIMARY, pool).open(config(database))) {
      assertThat(persistence.operations().notices())
          .filteredOn(notice -> notice.startsWith("PostgreSQL"))
          .singleElement()
          .asString()
          .startsWith("PostgreSQL " + server.host() + ":" + server.port() + "/")
          .contains("(primary) is reached through the application's data source", "leak detection");
      Pools pools = persistence.operations().pools();
      assertThatThrownBy(() -> pools.resize(PRIMARY, 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("resize it there");
      pools.resize(BACKGROUND, 3);
      assertThat(pools.stats()).extracting(Pools.Stats::name).contains("primary", "flush");
    }
  }

  @Test
  void theMigrationsMayUseOneToo() throws SQLException {
    String name = "handed_" + ProcessHandle.current().pid() + "_" + RUNS.incrementAndGet();
    try (HikariDataSource empty = pool(server.createDatabase(name))) {
      PersistenceConfig config = config(NOBODY);
      PersistenceConfig migrating =
          config.toBuilder()
              .postgres(config.postgres().toBuilder().migrateOnOpen().build())
              .build();
      try (Persistence persistence = all(empty).and(MIGRATION, empty).open(migrating)) {
        assertThat(persistence.agents().save(Agent.of("worker", "one"))).isNotNull();
      }
      assertThat(strings(empty, "SELECT count(*)::text FROM agents.registry")).containsExactly("1");
    }
  }

  @Test
  void afterTheRuntimeIsClosedNothingUsesThePool() {
    Persistence persistence = all(pool).open(config(NOBODY));
    persistence.close();

    assertThatThrownBy(() -> persistence.agents().save(Agent.of("worker", "late")))
        .isInstanceOfSatisfying(
            PersistenceException.class, e -> assertThat(e.error()).isEqualTo(DataError.CLOSED));
    assertThat(pool.isClosed()).isFalse();
  }

  @Test
  void aConnectionInATransactionIsRefusedAndLeftAlone() throws SQLException {
    try (Connection held = pool.getConnection();
        Statement statement = held.createStatement()) {
      statement.execute("CREATE TABLE public.begun (id INT)");
      DataSource bound = giving(open(held));

      assertRefused(bound, "ApplicationTransaction.join");
      held.rollback();
    }
    assertThat(strings(pool, "SELECT to_regclass('public.begun')::text")).containsExactly("null");
  }

  @Test
  void connectionsThatAreReadOnlyOrOfAnotherDriverAreRefused() throws SQLException {
    try (HikariDataSource reading = pool(database)) {
      reading.setReadOnly(true);
      assertRefused(reading, "read-only");
    }
    try (Connection any = pool.getConnection()) {
      Connection foreign =
          (Connection)
              Proxy.newProxyInstance(
                  getClass().getClassLoader(),
                  new Class<?>[] {Connection.class},
                  (proxy, method, arguments) ->
                      method.getName().equals("isWrapperFor")
                          ? false
                          : method.invoke(any, arguments));
      assertRefused(giving(foreign), "another driver");
    }
    assertThatThrownBy(() -> ApplicationDataSources.of(REPLICA, pool))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PostgresConfig.Builder.replica");
  }

  private void assertRefused(DataSource source, String reason) {
    assertThatThrownBy(() -> ApplicationDataSources.of(PRIMARY, source).open(config(database)))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining(reason);
  }

  /** A connection that its owner closes alone. */
  private static Connection open(Connection connection) {
    return (Connection)
        Proxy.newProxyInstance(
            ApplicationDataSourcesIT.class.getClassLoader(),
            new Class<?>[] {Connection.class},
            (proxy, method, arguments) ->
                method.getName().equals("close") ? null : method.invoke(connection, arguments));
  }

  private static DataSource giving(Connection connection) {
    return (DataSource)
        Proxy.newProxyInstance(
            ApplicationDataSourcesIT.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> connection);
  }

  private static ApplicationDataSources all(DataSource pool) {
    return ApplicationDataSources.of(PRIMARY, pool).and(FLUSH, pool).and(BACKGROUND, pool);
  }

  private PersistenceConfig config(String jdbcUrl) {
    String prefix = "ads" + ProcessHandle.current().pid() + "_" + RUNS.incrementAndGet() + "-";
    PostgresConfig.Builder postgres = PostgresConfig.builder(jdbcUrl, server.user());
    server.password().ifPresent(postgres::password);
    return PersistenceConfig.builder(
            NatsConfig.builder(TestServers.nats().url()).namePrefix(prefix).build(),
            postgres.build())
        .build();
  }

  private static List<String> strings(DataSource source, String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(String.valueOf(rows.getString(1)));
      }
      connection.rollback();
    }
    return values;
  }
}
