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
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pool of this library's own, on HikariCP. Thread-safe. */
final class Pool extends ConnectionPool {

  /** A shorter wait for a connection is not worth a call to the socket. */
  private static final Duration SHORT = Duration.ofMillis(100);

  private static final Duration LEAST = Duration.ofMillis(250);

  private static final Logger LOG = LoggerFactory.getLogger(Pool.class);

  private final String application;
  private final HikariDataSource source;
  private final String server;
  private final PoolSource connections;
  private final Optional<PrimarySource> primary;

  private Pool(
      String name,
      String application,
      PostgresRole role,
      RoleConfig config,
      HikariDataSource source,
      PoolMeter meter,
      PoolSource connections,
      Optional<PrimarySource> primary) {
    super(name, role, config, RoleSession.of(config), meter);
    this.application = application;
    this.source = source;
    this.server = PoolNames.server(config);
    this.connections = connections;
    this.primary = primary;
  }

  /**
   * Opens the pool, with one connection at least where {@code needed}. Does not wait for a server
   * that refuses.
   *
   * @param number tells replicas apart, such as {@code -0}; else empty
   * @param primary connects to the primary; empty where the driver connects to any server of the
   *     URL
   * @throws PersistenceException when the server is needed and cannot be reached, or refuses the
   *     user or a setting
   */
  static Pool open(
      PostgresRole role,
      String number,
      RoleConfig config,
      String runtimeName,
      boolean needed,
      Optional<PrimarySource> primary,
      ScheduledExecutorService keeper) {
    String name = PoolNames.name(role) + number;
    String application = PoolNames.application(config, runtimeName, name);
    DriverAccess.require(config);
    PoolSource connections =
        primary.<PoolSource>map(it -> it).orElseGet(() -> new UrlSource(config, application));
    HikariConfig settings =
        PoolSettings.of(config, "persistence-pool-" + name, connections, needed, keeper);
    PoolMeter meter = new PoolMeter(System::nanoTime);
    settings.setMetricsTrackerFactory((pool, stats) -> meter);
    try {
      HikariDataSource source = new HikariDataSource(settings);
      Pool pool = new Pool(name, application, role, config, source, meter, connections, primary);
      if (needed) {
        pool.tryTransaction();
      }
      return pool;
    } catch (PoolInitializationException | SQLException e) {
      throw failure("open the pool " + name + " of " + config, config, e);
    }
  }

  /** Has the server check the settings that it would check when connecting, were they set then. */
  private void tryTransaction() throws SQLException {
    if (session().isShared()) {
      try (Connection connection = source.getConnection();
          Statement statement = connection.createStatement()) {
        boolean unused = statement.execute(session().untilCommit());
      } catch (SQLException e) {
        close();
        throw e;
      }
    }
  }

  private static PersistenceException failure(String what, RoleConfig config, Exception thrown) {
    if (thrown.getCause() instanceof PersistenceException typed) {
      return typed;
    }
    Optional<PersistenceException> tls = TlsFailure.of(what, config, thrown);
    if (tls.isPresent()) {
      return tls.get();
    }
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

  @Override
  String server() {
    return server;
  }

  @Override
  DataSource source() {
    return source;
  }

  @Override
  int size() {
    return source.getMaximumPoolSize();
  }

  @Override
  int active() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return control == null ? 0 : control.getActiveConnections();
  }

  @Override
  int waiting() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return control == null ? 0 : control.getThreadsAwaitingConnection();
  }

  @Override
  boolean isConnected() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return control != null && control.getTotalConnections() > 0;
  }

  /** Returns whether there is no connection, in use or not, although it is to keep some. */
  boolean lacksConnections() {
    return config().minConnections() > 0 && !isConnected();
  }

  /** HikariCP keeps surplus connections, so all are replaced when it shrinks. */
  @Override
  synchronized void resize(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("the size is " + size + "; give at least 1");
    }
    boolean smaller = size < size();
    int idle = Math.min(config().minConnections(), size);
    // In this order: the pool refuses more idle connections than it may have at all.
    if (idle < source.getMinimumIdle()) {
      source.setMinimumIdle(idle);
    }
    source.setMaximumPoolSize(size);
    source.setMinimumIdle(idle);
    source.setIdleTimeout(PoolSettings.idleTimeout(config(), size));
    if (smaller) {
      renew();
    }
  }

  @Override
  Optional<Pools.Stats> stats() {
    HikariPoolMXBean control = source.getHikariPoolMXBean();
    return Optional.of(
        stats(active(), control == null ? 0 : control.getIdleConnections(), waiting()));
  }

  @Override
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
  @Override
  boolean answers(Duration limit) {
    if (primary.isPresent() && primary.get().hasSeveral()) {
      return primary.get().hasPrimary();
    }
    try (Connection connection = ProbeConnection.open(config(), application, limit)) {
      return !connection.isClosed();
    } catch (SQLException e) {
      String state = e.getSQLState() == null ? "" : e.getSQLState();
      return !state.isEmpty() && !state.startsWith("08") && !state.startsWith("57P");
    } catch (PersistenceException noPassword) {
      return false; // the supplier of the password failed; it is asked again at the next probe
    }
  }

  @Override
  Connection connectPastIt(Duration limit) throws SQLException {
    return primary.isPresent()
        ? primary.get().connectPastIt(application, limit)
        : ProbeConnection.open(config(), application, limit);
  }

  /** Without a farewell, which a server that hangs would not take. */
  @Override
  void endPastIt(Connection connection) {
    abort(connection);
  }

  /** Cuts a connection, whatever its server does; a thread that waits for an answer fails. */
  static void abort(Connection connection) {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      LOG.debug("a connection was not cut: {}", e.getMessage());
    }
  }

  @Override
  boolean isClosed() {
    return source.isClosed();
  }

  @Override
  Connection acquire(Duration limit) throws SQLException {
    long asked = System.nanoTime();
    Connection connection = current();
    Duration waited = Duration.ofNanos(System.nanoTime() - asked);
    if (waited.compareTo(SHORT) > 0 || limit.compareTo(PoolSettings.callLimit(config())) < 0) {
      long millis = Math.max(LEAST.toMillis(), limit.minus(waited).toMillis());
      try {
        // HikariCP puts it back to the configured one when the connection is returned.
        connection.setNetworkTimeout(Runnable::run, (int) Math.min(Integer.MAX_VALUE, millis));
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    }
    return connection;
  }

  @Override
  void restoreLimit(Connection connection) throws SQLException {
    int millis = (int) Math.min(Integer.MAX_VALUE, PoolSettings.socketLimit(config()).toMillis());
    if (connection.getNetworkTimeout() < millis) {
      connection.setNetworkTimeout(Runnable::run, millis);
    }
  }

  /** Takes a connection, none to a server that is known to be demoted. */
  private Connection current() throws SQLException {
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

  @Override
  boolean isCurrent(Connection connection) throws SQLException {
    return primary.isEmpty() || primary.get().isCurrent(connection);
  }

  @Override
  void leaveDemoted() {
    primary.ifPresent(
        connections -> {
          connections.abortStale();
          renew();
        });
  }

  @Override
  void release(Connection connection) throws SQLException {
    connection.close();
  }

  @Override
  boolean isOwn() {
    return true;
  }

  @Override
  Optional<String> notice() {
    return lacksConnections()
        ? Optional.of("PostgreSQL " + server + " (" + name() + ") is not connected")
        : Optional.empty();
  }

  /** Closes all connections, those in use too. */
  @Override
  public void close() {
    source.close();
    connections.close();
  }
}
