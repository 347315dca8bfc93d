package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.core.SharedPooler;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.operations.Pools.ReplicaState;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Connections of the application's data source, as they are lent and given back. */
@Tag("contract")
class ApplicationPoolIT {

  private final PostgresDatabase database = PostgresDatabase.create();

  @Test
  void aConnectionIsGivenBackAsItWas() throws SQLException {
    try (Connection only = database.connect()) {
      only.setAutoCommit(false);
      only.setNetworkTimeout(Runnable::run, 99_000);
      ApplicationPool pool =
          ApplicationPool.open(PRIMARY, database.config().role(PRIMARY), lending(only), true);

      Connection lent = pool.acquire(Duration.ofSeconds(20));
      assertThat(lent.getAutoCommit()).isTrue();
      assertThat(lent.getNetworkTimeout()).isBetween(1, 20_000);
      assertThat(pool.active()).isEqualTo(1);
      pool.release(lent);

      assertThat(only.getAutoCommit()).isFalse();
      assertThat(only.getNetworkTimeout()).isEqualTo(99_000);
      assertThat(pool.active()).isZero();
    }
  }

  @Test
  void aPoolThatIsUsedUpIsATransientFailureAndIsCounted() throws SQLException {
    try (HikariDataSource source = pool(database.config(), "")) {
      source.setMaximumPoolSize(1);
      source.setConnectionTimeout(300);
      try (PostgresStore store = open(database.config(), source);
          Connection held = source.getConnection()) {
        assertThat(held.isClosed()).isFalse();
        assertThatThrownBy(() -> store.sql().agents().find(AgentId.random()))
            .isInstanceOfSatisfying(
                PersistenceException.class,
                e -> {
                  assertThat(e.error()).isEqualTo(DataError.POOL_EXHAUSTED);
                  assertThat(e.isTransient()).isTrue();
                });
        assertThat(store.pools().stats())
            .filteredOn(stats -> stats.role() == PRIMARY)
            .extracting(Pools.Stats::timeouts)
            .containsExactly(1L);
      }
    }
  }

  @Test
  void aClosedStoreUsesItNoLonger() {
    try (HikariDataSource source = pool(database.config(), "")) {
      PostgresStore store = open(database.config(), source);
      store.close();

      assertThatThrownBy(() -> store.sql().agents().find(AgentId.random()))
          .isInstanceOfSatisfying(
              PersistenceException.class, e -> assertThat(e.error()).isEqualTo(DataError.CLOSED));
    }
  }

  @Test
  void aSourceThroughAPoolerOfTransactionsMustNotPrepare() {
    PostgresConfig pooled = SharedPooler.declared(database.config());
    try (HikariDataSource preparing = pool(pooled, "")) {
      assertThatThrownBy(() -> open(pooled, preparing).close())
          .isInstanceOfSatisfying(
              PersistenceException.class,
              e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
          .hasMessageContaining("set prepareThreshold=0 in its URL");
    }
    try (HikariDataSource source = pool(pooled, "?prepareThreshold=0");
        PostgresStore store = open(pooled, source)) {
      for (int i = 0; i < 50; i++) {
        assertThat(store.sql().agents().find(AgentId.random())).isEmpty();
        assertThat(store.sql().journals().position("TEST")).isEmpty();
      }
      assertThat(store.notices()).anySatisfy(notice -> assertThat(notice).contains("data source"));
    }
    PostgresConfig silent = pooled.toBuilder().pooler(Pooler.NONE).build();
    try (HikariDataSource source = pool(silent, "?prepareThreshold=0");
        PostgresStore store = open(silent, source)) {
      assertThat(store.notices())
          .allSatisfy(notice -> assertThat(notice).contains("A pooler answers there"));
    }
  }

  @Test
  void theProbesOfReplicasGiveConnectionsBack() throws SQLException {
    try (HikariDataSource source = pool(database.config(), "")) {
      source.setMaximumPoolSize(2);
      source.setConnectionTimeout(10_000);
      source.setAutoCommit(false);
      PostgresConfig config = database.config().toBuilder().replica(replica -> replica).build();
      try (PostgresStore store = open(config, source)) {
        await()
            .atMost(Duration.ofSeconds(60))
            .until(() -> store.pools().replicas().get(0).state() == ReplicaState.NOT_FOLLOWING);
        assertThat(
                database.query(
                    "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                        + " AND datname = current_database()"))
            .containsExactly("0");
      }
      assertThat(source.getHikariPoolMXBean().getActiveConnections()).isZero();

      // As in each look at a server that is a standby.
      ApplicationPool pool = ApplicationPool.open(PRIMARY, config.role(PRIMARY), source, true);
      ServerProbe probe = new ServerProbe(pool);
      for (int i = 0; i < 5; i++) {
        assertThat(probe.look().standby()).isFalse();
        probe.close();
      }
      assertThat(source.getHikariPoolMXBean().getActiveConnections()).isZero();
    }
  }

  private static HikariDataSource pool(PostgresConfig config, String parameters) {
    HikariDataSource source = new HikariDataSource();
    source.setJdbcUrl(config.jdbcUrl() + parameters);
    source.setUsername(config.user());
    config.password().map(Secret::reveal).ifPresent(source::setPassword);
    source.setMinimumIdle(0);
    source.setMaximumPoolSize(4);
    return source;
  }

  private static PostgresStore open(PostgresConfig config, DataSource source) {
    ApplicationSources sources = ApplicationSources.NONE;
    for (var role : List.of(PRIMARY, FLUSH, BACKGROUND)) {
      sources = sources.with(role, source);
    }
    return PostgresStore.open(
        PersistenceConfig.builder(NatsConfig.of("nats://unused.invalid"), config).build(),
        new Services(PersistenceListener.NOOP),
        sources);
  }

  /** A data source that lends one connection, and closes it never. */
  private static DataSource lending(Connection connection) {
    Connection lent =
        (Connection)
            Proxy.newProxyInstance(
                ApplicationPoolIT.class.getClassLoader(),
                new Class<?>[] {Connection.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "close" -> null;
                      case "hashCode" -> System.identityHashCode(proxy);
                      default -> method.invoke(connection, arguments);
                    });
    return (DataSource)
        Proxy.newProxyInstance(
            ApplicationPoolIT.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, arguments) -> lent);
  }
}
