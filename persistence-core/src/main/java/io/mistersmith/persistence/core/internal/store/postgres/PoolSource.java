package io.mistersmith.persistence.core.internal.store.postgres;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.config.RoleConfig;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.jdbc.PgConnection;
import org.slf4j.LoggerFactory;

/**
 * Makes the connections of a pool through the driver. Asks for the password before each connection,
 * so that it may change while the runtime runs. Thread-safe.
 */
abstract class PoolSource implements DataSource, AutoCloseable {

  private static final int CLOSING_SECONDS = 1;

  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(PoolSource.class);

  private final RoleConfig role;
  private final Properties properties;

  /** The server of each connection; empty where it is not known. Compares by identity. */
  private final Cache<Connection, Optional<ServerIdentity>> opened =
      Caffeine.newBuilder().weakKeys().build();

  private final AtomicInteger connecting = new AtomicInteger();

  /** When the latest connection was begun, by the clock of the JVM. */
  private volatile long begun;

  private volatile boolean closed;

  /**
   * Connects as the role says.
   *
   * @param properties those of the driver, without user and password
   */
  PoolSource(RoleConfig role, Properties properties) {
    this.role = role;
    this.properties = properties;
  }

  /**
   * Makes a connection and passes it to {@link #remember}.
   *
   * @param login the properties of the driver
   */
  abstract Connection connect(Properties login) throws SQLException;

  /**
   * Connects with the present password.
   *
   * @throws io.mistersmith.persistence.error.PersistenceException when the supplier of the password
   *     fails
   */
  @Override
  public Connection getConnection() throws SQLException {
    return getConnection(role.user(), DriverAccess.password(role).orElse(null));
  }

  @Override
  public Connection getConnection(String user, @Nullable String password) throws SQLException {
    begun = System.nanoTime(); // first: getLoginTimeout reads it when it sees the count
    connecting.incrementAndGet();
    try {
      return connect(login(user, password));
    } finally {
      connecting.decrementAndGet();
    }
  }

  /** What the URL says has precedence, as with the driver. */
  final Properties login(String user, @Nullable String password) {
    Properties login = new Properties();
    login.putAll(properties);
    login.putIfAbsent("user", user);
    if (password != null) {
      login.putIfAbsent("password", password);
    }
    return login;
  }

  /**
   * Keeps a new connection in mind, so that {@link #close} finds it.
   *
   * @throws SQLException when the source was closed meanwhile; the connection is closed, too
   */
  final void remember(Connection connection, Optional<ServerIdentity> identity)
      throws SQLException {
    opened.put(connection, identity);
    // In this order: a close that comes now either finds the connection, or came before.
    if (closed) {
      connection.close();
      throw new SQLException("the pool of " + PoolNames.server(role) + " is closed", "08003");
    }
  }

  /** Returns the server of a connection of the pool; empty where it is not known. */
  final Optional<ServerIdentity> identity(Connection pooled) throws SQLException {
    return Optional.ofNullable(opened.getIfPresent(pooled.unwrap(PgConnection.class)))
        .flatMap(found -> found);
  }

  /** Cuts the connections to such servers, those in use too. Does not wait. */
  final void abort(Predicate<Optional<ServerIdentity>> servers) {
    opened
        .asMap()
        .forEach(
            (connection, identity) -> {
              if (servers.test(identity)) {
                Pool.abort(connection);
              }
            });
  }

  /**
   * Makes no more connections, and cuts those that are left. HikariCP leaves a connection open that
   * is being made while it closes. Does not wait.
   */
  @Override
  public final void close() {
    closed = true;
    abort(identity -> true);
  }

  @Override
  public @Nullable PrintWriter getLogWriter() {
    return null;
  }

  @Override
  public void setLogWriter(PrintWriter out) {
    LOG.trace("the driver logs through java.util.logging");
  }

  /** The driver's property of this name has the limit. */
  @Override
  public void setLoginTimeout(int seconds) {
    LOG.trace("the login timeout is a property of the driver");
  }

  /**
   * HikariCP waits this long, in seconds, for its threads while it closes, and logs a warning when
   * they have not ended. It waits for a connection that was begun a moment ago: a server that works
   * answers within a second. It does not wait for an older one, which may take its whole limit.
   */
  @Override
  public int getLoginTimeout() {
    boolean justBegun = System.nanoTime() - begun < TimeUnit.SECONDS.toNanos(CLOSING_SECONDS);
    return connecting.get() == 0 || justBegun ? CLOSING_SECONDS : 0;
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    throw new SQLFeatureNotSupportedException("no logger of java.util.logging");
  }

  @Override
  public <T> T unwrap(Class<T> type) throws SQLException {
    throw new SQLException("wraps nothing");
  }

  @Override
  public boolean isWrapperFor(Class<?> type) {
    return false;
  }
}
