package io.mistersmith.persistence.core.internal.store.postgres;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.mistersmith.persistence.config.PostgresConfig.Pooler;
import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.PGConnection;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections from a data source of the application, which keeps the rule over them: they are given
 * back as they were found, nothing is set on them for longer than a transaction, and the data
 * source is never resized or closed. Thread-safe.
 */
final class ApplicationPool extends ConnectionPool {

  private static final Logger LOG = LoggerFactory.getLogger(ApplicationPool.class);

  private static final Duration LEAST = Duration.ofMillis(250);

  private final DataSource source;
  private final Map<Connection, Found> lent = Collections.synchronizedMap(new IdentityHashMap<>());
  private String server = "behind the application's data source";
  private boolean pooled;
  private volatile boolean closed;

  private ApplicationPool(PostgresRole role, RoleConfig config, DataSource source) {
    super(
        PoolNames.name(role),
        role,
        config,
        RoleSession.shared(config),
        new PoolMeter(System::nanoTime));
    this.source = source;
  }

  /** A connection as the application's data source gave it. */
  private record Found(boolean autoCommit, int networkTimeout) {}

  /**
   * Looks at one connection.
   *
   * @param needed whether a failure to connect fails the opening
   * @throws io.mistersmith.persistence.error.PersistenceException when the server is needed and
   *     cannot be reached, or the connection is not what the library can work with
   */
  static ApplicationPool open(
      PostgresRole role, RoleConfig config, DataSource source, boolean needed) {
    ApplicationPool pool = new ApplicationPool(role, config, source);
    String what = "open the application's data source for " + role;
    try {
      Connection connection = pool.acquire(PoolSettings.callLimit(config));
      try {
        pool.look(what, connection);
      } finally {
        pool.release(connection);
      }
    } catch (SQLException e) {
      if (needed) {
        throw PostgresFailures.of(what, e);
      }
      LOG.debug("{}: not reached yet", what, e);
    }
    return pool;
  }

  private void look(String what, Connection connection) throws SQLException {
    PGConnection driver = connection.unwrap(PGConnection.class);
    require(!connection.isReadOnly(), what, "its connections are read-only; give another one");
    server =
        PoolNames.server(connection.getMetaData().getURL(), connection.getMetaData().getUserName());
    pooled = PoolerProbe.process(connection) != driver.getBackendPID();
    require(
        config().pooler() != Pooler.TRANSACTION || driver.getPrepareThreshold() == 0,
        what,
        "its connections prepare statements on the server, which fails through a pooler in"
            + " transaction mode; set prepareThreshold=0 in its URL");
    try (Statement statement = connection.createStatement()) {
      boolean unused = statement.execute(session().untilCommit());
    }
  }

  private static void require(boolean condition, String what, String otherwise) {
    if (!condition) {
      throw new NonTransientPersistenceException(DataError.MISCONFIGURED, what + ": " + otherwise);
    }
  }

  @Override
  Connection acquire(Duration limit) throws SQLException {
    if (closed) {
      throw new SQLException("the store is closed", "08003");
    }
    long asked = System.nanoTime();
    Connection connection;
    try {
      connection = source.getConnection();
    } catch (SQLTransientConnectionException e) {
      meter().recordConnectionTimeout();
      throw e;
    }
    long waited = System.nanoTime() - asked;
    meter().recordConnectionAcquiredNanos(waited);
    try {
      prepare(connection, limit.minusNanos(waited));
      return connection;
    } catch (SQLException | RuntimeException e) {
      lent.remove(connection);
      connection.close();
      throw e;
    }
  }

  private void prepare(Connection connection, Duration left) throws SQLException {
    String what = "acquire a connection for " + role();
    require(
        connection.isWrapperFor(BaseConnection.class),
        what,
        "the application's data source gives connections of another driver than"
            + " org.postgresql:postgresql; use that one");
    // To switch to autocommit would commit what the application has begun.
    require(
        connection.unwrap(BaseConnection.class).getTransactionState() == TransactionState.IDLE,
        what,
        "the application's data source gave a connection with a transaction under way; hand over"
            + " the pool itself, and use ApplicationTransaction.join in a transaction");
    Found found = new Found(connection.getAutoCommit(), connection.getNetworkTimeout());
    lent.put(connection, found);
    if (!found.autoCommit()) {
      connection.setAutoCommit(true);
    }
    limit(connection, found, left);
  }

  /** The application's own limit stays where it is shorter. */
  private static void limit(Connection connection, Found found, Duration limit)
      throws SQLException {
    int millis = (int) Math.min(Integer.MAX_VALUE, Math.max(LEAST.toMillis(), limit.toMillis()));
    if (found.networkTimeout() == 0 || found.networkTimeout() > millis) {
      connection.setNetworkTimeout(Runnable::run, millis);
    }
  }

  @Override
  void restoreLimit(Connection connection) throws SQLException {
    Found found = lent.get(connection);
    Duration full = PoolSettings.socketLimit(config());
    if (found != null && connection.getNetworkTimeout() < full.toMillis()) {
      limit(connection, found, full);
    }
  }

  @Override
  void release(Connection connection) throws SQLException {
    Found found = lent.remove(connection);
    try (connection) {
      if (found != null && !connection.isClosed()) {
        connection.setNetworkTimeout(Runnable::run, found.networkTimeout());
        if (!found.autoCommit()) {
          connection.setAutoCommit(false);
        }
      }
    }
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
  boolean isOwn() {
    return false;
  }

  @Override
  int size() {
    return source instanceof HikariDataSource hikari
        ? hikari.getMaximumPoolSize()
        : Integer.MAX_VALUE;
  }

  @Override
  int active() {
    return lent.size();
  }

  @Override
  int waiting() {
    return control().map(HikariPoolMXBean::getThreadsAwaitingConnection).orElse(0);
  }

  @Override
  boolean isConnected() {
    return true;
  }

  @Override
  void resize(int size) {
    throw new IllegalArgumentException(
        "the pool of " + role() + " is the application's data source; resize it there");
  }

  /** Of the whole pool, which the application may use too. */
  @Override
  Optional<Pools.Stats> stats() {
    return control()
        .map(
            pool ->
                stats(
                    pool.getActiveConnections(),
                    pool.getIdleConnections(),
                    pool.getThreadsAwaitingConnection()));
  }

  private Optional<HikariPoolMXBean> control() {
    return source instanceof HikariDataSource hikari
        ? Optional.ofNullable(hikari.getHikariPoolMXBean())
        : Optional.empty();
  }

  @Override
  Optional<String> notice() {
    return Optional.of(
        "PostgreSQL %s (%s) is reached through the application's data source: its size, its timeouts"
                .formatted(server, name())
            + " for connecting, leak detection, and the end of connections to a server that was"
            + " demoted are the application's; such a server is not told from the primary while it"
            + " accepts writes; time limits and settings are sent with each transaction"
            + (pooled && config().pooler() == Pooler.NONE
                ? ". A pooler answers there: if it pools transactions, set prepareThreshold=0 in"
                    + " the URL of the data source"
                : ""));
  }

  @Override
  void renew() {
    LOG.debug("connections to {} were lost; the application's data source replaces them", server);
  }

  @Override
  boolean answers(Duration limit) {
    try (Connection connection = source.getConnection()) {
      return connection.isValid((int) Math.max(1, limit.toSeconds()));
    } catch (SQLException e) {
      LOG.debug("no answer from {}", server, e);
      return false;
    }
  }

  @Override
  Connection connectPastIt(Duration limit) throws SQLException {
    return acquire(limit);
  }

  /** Gives it back: the pool would count one that is cut as lent until the application ends. */
  @Override
  void endPastIt(Connection connection) {
    try {
      release(connection);
    } catch (SQLException e) {
      LOG.debug("a connection to {} was given back broken", server, e);
    }
  }

  @Override
  boolean isClosed() {
    return closed;
  }

  /** Ends the use of the data source, which stays open. Calls under way go on. */
  @Override
  public void close() {
    closed = true;
  }
}
