package io.mistersmith.persistence.core.internal.store.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ScheduledExecutorService;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/** The connections of one role to one server. Thread-safe. */
final class Pool implements AutoCloseable {

  private final String name;
  private final PostgresRole role;
  private final RoleConfig config;
  private final HikariDataSource source;
  private final PoolMeter meter;
  private final SlowStatements slow;
  private final String server;
  private final Optional<PrimarySource> primary;

  private Pool(
      String name,
      PostgresRole role,
      RoleConfig config,
      HikariDataSource source,
      PoolMeter meter,
      SlowStatements slow,
      Optional<PrimarySource> primary) {
    this.name = name;
    this.role = role;
    this.config = config;
    this.source = source;
    this.meter = meter;
    this.slow = slow;
    this.server = server(config);
    this.primary = primary;
  }

  /**
   * Opens the pool, with one connection at least where it leads to the primary. Does not wait for a
   * server that refuses.
   *
   * @param number tells replicas apart, such as {@code -0}; else empty
   * @param primary connects to the primary; empty for a role that may use any server of its URL
   * @throws PersistenceException when the server is needed and cannot be reached, or refuses the
   *     user or a setting
   */
  static Pool open(
      PostgresRole role,
      String number,
      RoleConfig config,
      String runtimeName,
      Optional<PrimarySource> primary,
      ScheduledExecutorService keeper) {
    String name = role.name().toLowerCase(Locale.ROOT) + number;
    String application = applicationName(config, runtimeName, name);
    HikariConfig settings =
        PoolSettings.of(
            config, "persistence-pool-" + name, application, primary.isPresent(), keeper);
    primary.ifPresent(settings::setDataSource);
    PoolMeter meter = new PoolMeter(System::nanoTime);
    settings.setMetricsTrackerFactory((pool, stats) -> meter);
    try {
      SlowStatements slow = new SlowStatements(name, config.slowStatement(), System::nanoTime);
      return new Pool(name, role, config, new HikariDataSource(settings), meter, slow, primary);
    } catch (PoolInitializationException e) {
      throw failure("open the pool " + name + " of " + config, config, e);
    }
  }

  /** The server cuts what is over 63 bytes, and the role is what must not be cut. */
  static String applicationName(RoleConfig config, String runtimeName, String name) {
    String role = "/" + name;
    String runtime = runtimeName.replaceAll("[^ -~]", "?");
    return config
        .applicationName()
        .orElseGet(
            () -> runtime.substring(0, Math.min(runtime.length(), 63 - role.length())) + role);
  }

  private static PersistenceException failure(
      String what, RoleConfig config, PoolInitializationException thrown) {
    String state = PostgresFailures.state(thrown);
    if (!config.settings().isEmpty() && (state.equals("42704") || state.equals("22023"))) {
      return new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          "%s: the server refuses one of the settings %s (SQLSTATE %s); correct it or take it out"
              .formatted(what, config.settings().keySet(), state),
          thrown.getCause());
    }
    return PostgresFailures.of(what, thrown);
  }

  /** Hosts, ports and database, for messages. Nothing else of the URL: it may hold secrets. */
  private static String server(RoleConfig config) {
    List<HostAddress> hosts = HostAddress.of(config.jdbcUrl());
    return hosts.isEmpty()
        ? "at the configured URL"
        : hosts.stream().map(HostAddress::toString).collect(Collectors.joining(","))
            + "/"
            + HostAddress.database(config.jdbcUrl(), config.user());
  }

  /** Returns the role in lower case, with a number for a replica. */
  String name() {
    return name;
  }

  PostgresRole role() {
    return role;
  }

  RoleConfig config() {
    return config;
  }

  /** Returns hosts, ports and database, as {@code host:port/database}. */
  String server() {
    return server;
  }

  DataSource source() {
    return source;
  }

  /** Takes a connection, none to a server that is known to be demoted. */
  Connection acquire() throws SQLException {
    try {
      Connection connection = source.getConnection();
      while (!isCurrent(connection)) {
        source.evictConnection(connection);
        connection = source.getConnection();
      }
      return connection;
    } catch (SQLTransientConnectionException e) {
      throw primary.isEmpty() ? e : primary.get().explained(e);
    }
  }

  /** Whether a connection of this pool leads to the present primary, where it has to. */
  boolean isCurrent(Connection connection) throws SQLException {
    return primary.isEmpty() || primary.get().isCurrent(connection);
  }

  /** Closes the connections to a server that was demoted, those in use too. Does not wait. */
  void leaveDemoted() {
    primary.ifPresent(
        connections -> {
          connections.abortStale();
          renew();
        });
  }

  PoolMeter meter() {
    return meter;
  }

  SlowStatements slow() {
    return slow;
  }

  /** Returns how many connections the pool has at most now. */
  int size() {
    return source.getMaximumPoolSize();
  }

  int active() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return control == null ? 0 : control.getActiveConnections();
  }

  int waiting() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return control == null ? 0 : control.getThreadsAwaitingConnection();
  }

  /** Returns whether there is any connection, in use or not. */
  boolean isConnected() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return control != null && control.getTotalConnections() > 0;
  }

  /** Changes the size. HikariCP keeps surplus connections, so all are replaced when it shrinks. */
  synchronized void resize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("the size is " + size + "; give at least 1");
    }
    boolean smaller = size < size();
    int idle = Math.min(config.minConnections(), size);
    // In this order: the pool refuses more idle connections than it may have at all.
    if (idle < source.getMinimumIdle()) {
      source.setMinimumIdle(idle);
    }
    source.setMaximumPoolSize(size);
    source.setMinimumIdle(idle);
    source.setIdleTimeout(PoolSettings.idleTimeout(config, size));
    if (smaller) {
      renew();
    }
  }

  Pools.Stats stats() {
    PoolMeter.Load load = meter.load();
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return new Pools.Stats(
        name,
        role,
        size(),
        active(),
        control == null ? 0 : control.getIdleConnections(),
        waiting(),
        load.callsPerSecond(),
        load.averageUse(),
        load.acquireP95(),
        meter.timeouts(),
        slow.count());
  }

  /** Replaces the connections, each as soon as it is not in use. */
  void renew() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    if (control != null && !source.isClosed()) {
      control.softEvictConnections();
    }
  }

  /**
   * Asks the server for a connection of its own, past the pool, whose connections may all be stuck.
   * An answer that is a refusal counts, unless it says that the server is starting or stopping. Of
   * several servers, one has to be the primary; they are asked all the time.
   */
  boolean answers(Duration limit) {
    if (primary.isPresent() && primary.get().hasSeveral()) {
      return primary.get().hasPrimary();
    }
    Properties properties = new Properties();
    properties.setProperty("user", config.user());
    config.password().ifPresent(password -> properties.setProperty("password", password.reveal()));
    String seconds = PoolSettings.seconds(limit);
    properties.setProperty("connectTimeout", seconds);
    properties.setProperty("socketTimeout", seconds);
    properties.setProperty("loginTimeout", seconds);
    try (Connection connection = DriverManager.getConnection(config.jdbcUrl(), properties)) {
      return !connection.isClosed();
    } catch (SQLException e) {
      String state = e.getSQLState() == null ? "" : e.getSQLState();
      return !state.isEmpty() && !state.startsWith("08") && !state.startsWith("57P");
    }
  }

  boolean isClosed() {
    return source.isClosed();
  }

  /** Closes all connections, those in use too. */
  @Override
  public void close() {
    source.close();
  }
}
