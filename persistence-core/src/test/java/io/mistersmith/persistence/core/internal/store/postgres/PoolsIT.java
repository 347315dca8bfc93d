package io.mistersmith.persistence.core.internal.store.postgres;

import static io.mistersmith.persistence.model.PostgresRole.ANALYTICS;
import static io.mistersmith.persistence.model.PostgresRole.BACKGROUND;
import static io.mistersmith.persistence.model.PostgresRole.FLUSH;
import static io.mistersmith.persistence.model.PostgresRole.MIGRATION;
import static io.mistersmith.persistence.model.PostgresRole.PRIMARY;
import static io.mistersmith.persistence.model.PostgresRole.REPLICA;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The pools of a real server: what they hold, how they grow and shrink, what they are set to. */
@Tag("contract")
class PoolsIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final PostgresDatabase database = PostgresDatabase.create();

  @Test
  void theFlushGoesOnWhileCallersHaveUsedUpTheirConnections() throws Exception {
    PostgresConfig config =
        database.config().toBuilder()
            .connections(0, 4)
            .acquireTimeout(Duration.ofSeconds(30))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config);
        Load load = new Load(store, 64, "SELECT pg_sleep(0.2)")) {
      Awaitility.await().atMost(SOON).until(() -> stats(store, PRIMARY).waiting() >= 50);
      long longest = 0;
      for (int i = 0; i < 50; i++) {
        long began = System.nanoTime();
        assertThat(store.sql().journals().position("TEST")).isEmpty();
        AgentId id = AgentId.random();
        assertThat(store.sql().on(FLUSH).states().find(StateKey.of(id, "key"))).isEmpty();
        assertThat(store.sql().on(BACKGROUND).agents().find(id)).isEmpty();
        longest = Math.max(longest, System.nanoTime() - began);
      }

      assertThat(Duration.ofNanos(longest)).isLessThan(Duration.ofSeconds(2));
      // A connection that goes from one caller to the next is in nobody's use for a moment.
      Awaitility.await().atMost(SOON).until(() -> stats(store, PRIMARY).active() == 4);
      assertThat(stats(store, PRIMARY).waiting()).isGreaterThanOrEqualTo(50);
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void poolsThatAreClosedAtOnceLogNoWarning() {
    Logger hikari = (Logger) LoggerFactory.getLogger("com.zaxxer.hikari");
    Level usual = hikari.getLevel();
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    hikari.addAppender(log);
    hikari.setLevel(Level.WARN);
    try {
      for (int i = 0; i < 3; i++) {
        PostgresDatabase.open(database.config()).close();
      }
    } finally {
      hikari.setLevel(usual);
      hikari.detachAppender(log);
    }
    assertThat(log.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
  }

  @Test
  void aPoolIsResizedUnderLoadAndNoCallFails() throws Exception {
    PostgresConfig config = database.config().toBuilder().connections(1, 2).build();
    try (PostgresStore store = PostgresDatabase.open(config);
        Load load = new Load(store, 16, "SELECT pg_sleep(0.01)")) {
      Awaitility.await().atMost(SOON).until(() -> stats(store, PRIMARY).active() == 2);

      store.pools().resize(PRIMARY, 9);

      Awaitility.await().atMost(SOON).until(() -> stats(store, PRIMARY).active() == 9);
      assertThat(sessions("primary")).isEqualTo(9);

      store.pools().resize(PRIMARY, 3);

      Awaitility.await().atMost(SOON).until(() -> sessions("primary") <= 3);
      Awaitility.await().atMost(SOON).until(() -> stats(store, PRIMARY).active() == 3);
      assertThat(stats(store, PRIMARY).size()).isEqualTo(3);
      assertThat(stats(store, FLUSH).size()).isEqualTo(2);
      assertThat(load.failures()).isEmpty();
    }
  }

  @Test
  void aPoolResizesItselfWithinItsBoundsWhereThatIsSwitchedOn() throws Exception {
    PostgresConfig config =
        database.config().toBuilder()
            .role(PRIMARY, role -> role.connections(0, 2).automaticSize(2, 6))
            .role(BACKGROUND, role -> role.connections(0, 1))
            .build();
    AtomicLong now = new AtomicLong();
    Services services = new Services(PersistenceListener.NOOP);
    try (PoolSet pools = PoolSet.open(config, ApplicationSources.NONE, "automatic", services)) {
      PoolResizing resizing = new PoolResizing(pools, services, now::get);
      try (StoreConnections connections =
              new StoreConnections(pools, config.maxReplicaLag(), Clock.systemUTC(), services);
          Load load = new Load(connections.to(PRIMARY), 12, "SELECT pg_sleep(0.01)");
          Load other = new Load(connections.to(BACKGROUND), 4, "SELECT pg_sleep(0.01)")) {
        Awaitility.await()
            .atMost(SOON)
            .until(
                () -> {
                  now.addAndGet(Duration.ofSeconds(10).toNanos());
                  resizing.look();
                  return pools.of(PRIMARY).size() == 6;
                });
        resizing.look();
        assertThat(pools.of(PRIMARY).size()).as("the upper bound").isEqualTo(6);
        assertThat(pools.of(BACKGROUND).size()).as("not switched on").isEqualTo(1);
        assertThat(load.failures()).isEmpty();
        assertThat(other.failures()).isEmpty();
      }
      now.addAndGet(Duration.ofHours(1).toNanos());
      for (int i = 0; i < 5; i++) {
        resizing.look();
        assertThat(pools.of(PRIMARY).size()).as("look %d", i).isEqualTo(6);
      }
      resizing.look();
      assertThat(pools.of(PRIMARY).size()).isEqualTo(2);
    }
  }

  @Test
  void statisticsSayWhatEachPoolDoes() throws Exception {
    PostgresConfig config =
        database.config().toBuilder()
            .connections(0, 1)
            .acquireTimeout(Duration.ofMillis(300))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config)) {
      for (int i = 0; i < 20; i++) {
        assertThat(store.sql().agents().find(AgentId.random())).isEmpty();
      }
      try (Connection held = store.dataSource(PRIMARY).getConnection()) {
        assertThat(held.isValid(1)).isTrue();
        assertThatThrownBy(() -> store.sql().agents().find(AgentId.random()))
            .isInstanceOf(PersistenceException.class);
        assertThat(stats(store, PRIMARY).active()).isEqualTo(1);
        assertThat(stats(store, PRIMARY).utilization()).isEqualTo(1.0);
      }

      Pools.Stats primary = stats(store, PRIMARY);
      assertThat(store.pools().stats())
          .extracting(Pools.Stats::name)
          .containsExactly("primary", "background", "flush");
      assertThat(primary.active()).isZero();
      assertThat(primary.idle()).isEqualTo(1);
      assertThat(primary.timeouts()).isEqualTo(1);
      assertThat(primary.callsPerSecond()).isPositive();
      assertThat(primary.averageUse()).isPositive().isLessThan(Duration.ofSeconds(1));
      assertThat(primary.acquireP95()).isLessThan(Duration.ofSeconds(1));
      PoolSizing.Advice advice = store.pools().advice(PRIMARY, 8);
      assertThat(advice.maxConnections()).isEqualTo(2);
      assertThat(advice.reason()).contains("for 8 agents");
      assertThatThrownBy(() -> store.pools().resize(ANALYTICS, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("there is no pool of ANALYTICS; there are [primary, background, flush]");
      assertThatThrownBy(() -> store.pools().resize(MIGRATION, 2))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> store.pools().resize(PRIMARY, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("the size is 0; give at least 1");
    }
  }

  @Test
  void sessionsAreSetByRole() throws SQLException {
    PostgresConfig config =
        database.config().toBuilder()
            .allRoles(role -> role.setting("work_mem", "5MB").setting("app.note", "it's {1}?"))
            .role(
                BACKGROUND,
                role ->
                    role.setting("work_mem", "64MB")
                        .lockTimeout(Duration.ofSeconds(3))
                        .applicationName("night shift"))
            .role(ANALYTICS, role -> role.statementCache(0))
            .replica(role -> role.connections(1, 1))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config)) {
      assertThat(setting(store, PRIMARY, "work_mem")).isEqualTo("5120");
      assertThat(setting(store, BACKGROUND, "work_mem")).isEqualTo("65536");
      assertThat(setting(store, PRIMARY, "statement_timeout")).isEqualTo("30000");
      assertThat(setting(store, ANALYTICS, "statement_timeout")).isEqualTo("300000");
      assertThat(setting(store, PRIMARY, "lock_timeout")).isEqualTo("10000");
      assertThat(setting(store, BACKGROUND, "lock_timeout")).isEqualTo("3000");
      assertThat(setting(store, FLUSH, "lock_timeout")).isEqualTo("5000");
      assertThat(setting(store, FLUSH, "idle_in_transaction_session_timeout")).isEqualTo("10000");
      assertThat(setting(store, REPLICA, "idle_in_transaction_session_timeout")).isEqualTo("60000");
      assertThat(show(store, PRIMARY, "app.note")).isEqualTo("it's {1}?");
      assertThat(sessions("night shift")).isEqualTo(1);
      assertThat(
              database.query(
                  "SELECT DISTINCT regexp_replace(application_name, '.*/', '') FROM"
                      + " pg_stat_activity WHERE datname = current_database() AND"
                      + " application_name LIKE 'runtime-%' ORDER BY 1"))
          .containsExactly("analytics", "flush", "primary", "replica-0");
    }
  }

  @Test
  void aSettingThatTheServerRefusesIsNamedWithoutItsValue() {
    PostgresConfig unknown =
        database.config().toBuilder()
            .role(BACKGROUND, role -> role.setting("work_memory", "secret"))
            .build();
    PostgresConfig wrong =
        database.config().toBuilder()
            .role(FLUSH, role -> role.setting("work_mem", "secret"))
            .build();

    assertThatThrownBy(() -> PostgresDatabase.open(unknown))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("open the pool background")
        .hasMessageContaining("one of the settings [work_memory] (SQLSTATE 42704)")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> PostgresDatabase.open(wrong))
        .hasMessageContaining("open the pool flush")
        .hasMessageContaining("one of the settings [work_mem] (SQLSTATE 22023)")
        .hasMessageNotContaining("secret");
    // A server's process ends a moment after its connection.
    Awaitility.await("the end of the connections of an open that failed")
        .atMost(SOON)
        .until(() -> sessions("primary") == 0);
  }

  @Test
  void serversForReportsAndReplicasMayBeAway() {
    PostgresConfig config =
        database.config().toBuilder()
            .role(ANALYTICS, role -> role.host("127.0.0.1:1"))
            .replica(role -> role.host("127.0.0.1:2").connections(1, 1))
            .build();
    try (PostgresStore store = PostgresDatabase.open(config)) {
      assertThat(store.notices())
          .hasSize(2)
          .anyMatch(notice -> notice.matches("PostgreSQL 127.0.0.1:1/.* \\(analytics\\) is not.*"))
          .anyMatch(notice -> notice.matches("PostgreSQL 127.0.0.1:2/.* \\(replica-0\\) is not.*"));
      assertThat(store.sql().agents().find(AgentId.random())).isEmpty();
    }
  }

  @Test
  void aServerThatDoesNotAnswerIsNotTakenForAPoolThatIsUsedUp() {
    try (PostgresDatabase.Own own = PostgresDatabase.startOwn()) {
      PostgresConfig config =
          own.database().config().toBuilder()
              .acquireTimeout(Duration.ofSeconds(3))
              .statementTimeout(Duration.ofSeconds(3))
              .build();
      try (PostgresStore store = PostgresDatabase.open(config)) {
        store.pools().resize(BACKGROUND, 2);
        Awaitility.await().atMost(SOON).until(() -> stats(store, BACKGROUND).idle() == 0);
        own.server().pause();
        try {
          assertThatThrownBy(() -> store.sql().on(BACKGROUND).agents().find(AgentId.random()))
              .as("BACKGROUND, which has no connection now")
              .isInstanceOfSatisfying(
                  PersistenceException.class,
                  e -> assertThat(e.error()).isEqualTo(DataError.CONNECTION_FAILED))
              .hasMessageContaining("SQLSTATE 08001")
              .hasMessageNotContaining("in use");
        } finally {
          own.server().resume();
        }
      }
    }
  }

  @Test
  void aRoleThatLeadsToAnotherInstallationIsRefused() {
    PostgresDatabase other = PostgresDatabase.create();
    other.execute("SELECT agents.new_installation()");
    PostgresConfig config =
        database.config().toBuilder()
            .role(FLUSH, role -> role.jdbcUrl(other.config().jdbcUrl()))
            .build();

    assertThatThrownBy(() -> PostgresDatabase.open(config))
        .isInstanceOfSatisfying(
            PersistenceException.class,
            e -> assertThat(e.error()).isEqualTo(DataError.MISCONFIGURED))
        .hasMessageContaining("as FLUSH: installation ")
        .hasMessageContaining("correct the role's URL");
  }

  private static Pools.Stats stats(PostgresStore store, PostgresRole role) {
    return store.pools().stats().stream()
        .filter(pool -> pool.role() == role)
        .findFirst()
        .orElseThrow();
  }

  private int sessions(String application) {
    return Integer.parseInt(
        database
            .query(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND"
                    + " application_name LIKE '%"
                    + application
                    + "'")
            .get(0));
  }

  private static String setting(PostgresStore store, PostgresRole role, String name)
      throws SQLException {
    return query(store, role, "SELECT setting FROM pg_settings WHERE name = '" + name + "'");
  }

  private static String show(PostgresStore store, PostgresRole role, String name)
      throws SQLException {
    return query(store, role, "SELECT current_setting('" + name + "')");
  }

  private static String query(PostgresStore store, PostgresRole role, String sql)
      throws SQLException {
    try (Connection connection = store.dataSource(role).getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      assertThat(row.next()).isTrue();
      return row.getString(1);
    }
  }

  /** Threads that run a statement again and again until closed. */
  private static final class Load implements AutoCloseable {

    private final ExecutorService threads;
    private final AtomicBoolean ends = new AtomicBoolean();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    Load(PostgresStore store, int size, String sql) {
      this(store.connections().to(PRIMARY), size, sql);
    }

    Load(Database database, int size, String sql) {
      this.threads = Executors.newFixedThreadPool(size);
      for (int i = 0; i < size; i++) {
        Future<?> unused = threads.submit(() -> run(database, sql));
      }
    }

    private void run(Database database, String sql) {
      while (!ends.get()) {
        try {
          database.transaction(
              SqlOptions.of("load"), handle -> handle.createQuery(sql).mapToMap().list());
        } catch (RuntimeException e) {
          failures.add(e);
        }
      }
    }

    Queue<Throwable> failures() {
      return failures;
    }

    @Override
    public void close() {
      ends.set(true);
      threads.shutdown();
      Awaitility.await().atMost(SOON).until(threads::isTerminated);
    }
  }
}
