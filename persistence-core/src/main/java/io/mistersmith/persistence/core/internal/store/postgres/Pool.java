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
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.postgresql.Driver;
import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connections of one role to one server. Thread-safe. */
final class Pool implements AutoCloseable {

  private static final Pattern COMMA = Pattern.compile(",");

  private static final Logger LOG = LoggerFactory.getLogger(Pool.class);

  private final String name;
  private final String application;
  private final PostgresRole role;
  private final RoleConfig config;
  private final HikariDataSource source;
  private final PoolMeter meter;
  private final SlowStatements slow;
  private final String server;

  private Pool(
      String name,
      String application,
      PostgresRole role,
      RoleConfig config,
      HikariDataSource source,
      PoolMeter meter,
      SlowStatements slow) {
    this.name = name;
    this.application = application;
    this.role = role;
    this.config = config;
    this.source = source;
    this.meter = meter;
    this.slow = slow;
    this.server = server(config);
  }

  /**
   * Opens the pool, with one connection at least where {@code needed}. Does not wait for a server
   * that refuses.
   *
   * @param number tells replicas apart, such as {@code -0}; else empty
   * @throws PersistenceException when the server is needed and cannot be reached, or refuses the
   *     user or a setting
   */
  static Pool open(
      PostgresRole role,
      String number,
      RoleConfig config,
      String runtimeName,
      boolean needed,
      ScheduledExecutorService keeper) {
    String name = role.name().toLowerCase(Locale.ROOT) + number;
    String application = config.applicationName().orElse(applicationName(runtimeName, name));
    HikariConfig settings =
        PoolSettings.of(config, "persistence-pool-" + name, application, needed, keeper);
    PoolMeter meter = new PoolMeter(System::nanoTime);
    settings.setMetricsTrackerFactory((pool, stats) -> meter);
    try {
      SlowStatements slow = new SlowStatements(name, config.slowStatement(), System::nanoTime);
      return new Pool(name, application, role, config, new HikariDataSource(settings), meter, slow);
    } catch (PoolInitializationException e) {
      throw failure("open the pool " + name + " of " + config, config, e);
    }
  }

  /** The server cuts what is over 63 bytes, and the role is what must not be cut. */
  private static String applicationName(String runtimeName, String name) {
    String role = "/" + name;
    String runtime = runtimeName.replaceAll("[^ -~]", "?");
    return runtime.substring(0, Math.min(runtime.length(), 63 - role.length())) + role;
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
    Properties url = Driver.parseURL(config.jdbcUrl(), null);
    if (url == null) {
      return "at the configured URL";
    }
    String[] hosts = COMMA.split(valueOf(PGProperty.PG_HOST, url, "localhost"), -1);
    String[] ports = COMMA.split(valueOf(PGProperty.PG_PORT, url, "5432"), -1);
    StringJoiner servers = new StringJoiner(",");
    for (int i = 0; i < hosts.length; i++) {
      servers.add(hosts[i] + ":" + ports[Math.min(i, ports.length - 1)]);
    }
    return servers + "/" + valueOf(PGProperty.PG_DBNAME, url, config.user());
  }

  private static String valueOf(PGProperty property, Properties url, String missing) {
    return Objects.requireNonNullElse(property.getOrDefault(url), missing);
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

  /** Returns whether there is no connection, in use or not, although it is to keep some. */
  boolean lacksConnections() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return config.minConnections() > 0 && (control == null || control.getTotalConnections() == 0);
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
   * An answer that is a refusal counts, unless it says that the server is starting or stopping.
   */
  boolean answers(Duration limit) {
    try (Connection connection = connectPastIt(limit)) {
      return !connection.isClosed();
    } catch (SQLException e) {
      String state = e.getSQLState() == null ? "" : e.getSQLState();
      return !state.isEmpty() && !state.startsWith("08") && !state.startsWith("57P");
    }
  }

  /**
   * Opens a connection that is none of the pool's.
   *
   * @param limit for connecting, and for each answer; in full seconds
   */
  Connection connectPastIt(Duration limit) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", config.user());
    config.password().ifPresent(password -> properties.setProperty("password", password.reveal()));
    String seconds = PoolSettings.seconds(limit);
    properties.setProperty("connectTimeout", seconds);
    properties.setProperty("socketTimeout", seconds);
    properties.setProperty("loginTimeout", seconds);
    properties.setProperty("ApplicationName", application);
    return DriverManager.getConnection(config.jdbcUrl(), properties);
  }

  /** Cuts a connection, whatever its server does; a thread that waits for an answer fails. */
  static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      LOG.debug("a connection was not cut: {}", e.getMessage());
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
