package io.mistersmith.persistence.core.internal.store.postgres;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.mistersmith.persistence.config.RoleConfig;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ScheduledExecutorService;
import javax.sql.DataSource;

/**
 * Translates a role's configuration into settings of HikariCP and of the driver.
 *
 * <p>Every wait has a deadline: connecting, acquiring, a statement (kept by the server), a lock
 * (kept by the server), a socket that has gone silent (kept by the driver, a little longer than the
 * statement's), and a transaction whose process was stopped in its middle (kept by the server:
 * otherwise a suspended flusher would hold the journal's position for as long as it sleeps).
 */
final class PoolSettings {

  /** The oldest server that the library supports, for the driver. */
  static final String OLDEST_SERVER = "15";

  private static final Duration LONGEST_VALIDATION = Duration.ofSeconds(5);
  private static final Duration SOCKET_GRACE = Duration.ofSeconds(5);
  private static final Duration SHORTEST_ACQUIRE = Duration.ofMillis(250);

  /** A trigger may raise 0A000 for a row; HikariCP would close the connection under the flush. */
  private static final SQLExceptionOverride NOT_SUPPORTED_IS_NO_LOSS =
      new SQLExceptionOverride() {
        @java.lang.Override
        public SQLExceptionOverride.Override adjudicate(SQLException thrown) {
          return "0A000".equals(thrown.getSQLState())
              ? SQLExceptionOverride.Override.DO_NOT_EVICT
              : SQLExceptionOverride.Override.CONTINUE_EVICT;
        }
      };

  private PoolSettings() {}

  /**
   * Returns the settings of a pool.
   *
   * @param name the pool's name in logs, and that of its threads
   * @param source makes the connections, with user and password
   * @param needed whether a server that cannot be reached fails the opening of the pool
   * @param keeper runs the pool's upkeep
   */
  static HikariConfig of(
      RoleConfig role,
      String name,
      DataSource source,
      boolean needed,
      ScheduledExecutorService keeper) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName(name);
    pool.setScheduledExecutor(keeper);
    pool.setDataSource(source);
    pool.setMaximumPoolSize(role.maxConnections());
    pool.setMinimumIdle(role.minConnections());
    pool.setIdleTimeout(idleTimeout(role, role.maxConnections()));
    pool.setMaxLifetime(role.maxLifetime().toMillis());
    Duration acquire = longer(role.acquireTimeout(), SHORTEST_ACQUIRE);
    pool.setConnectionTimeout(acquire.toMillis());
    pool.setValidationTimeout(shorter(acquire, LONGEST_VALIDATION).toMillis());
    // One attempt, however long acquiring may take later; or none, and attempts in the background.
    pool.setInitializationFailTimeout(needed ? 1 : -1);
    pool.setExceptionOverride(NOT_SUPPORTED_IS_NO_LOSS);
    pool.setLeakDetectionThreshold(role.leakDetection().toMillis());
    RoleSession session = RoleSession.of(role);
    if (!session.isShared()) {
      pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
      pool.setConnectionInitSql(session.untilDisconnect());
    }
    return pool;
  }

  /** Returns the properties of the driver, without user and password. */
  static Properties driver(RoleConfig role, String applicationName) {
    Properties driver = new Properties();
    DriverAccess.tls(role).forEach(driver::setProperty);
    driver.setProperty("ApplicationName", applicationName);
    Duration acquire = longer(role.acquireTimeout(), SHORTEST_ACQUIRE);
    // Before the call gives up, which can then say that no connection was to be had, and why.
    Duration connect = shorter(acquire.multipliedBy(3).dividedBy(4), role.connectTimeout());
    String connectSeconds = Long.toString(Math.max(1, connect.toSeconds()));
    driver.setProperty("connectTimeout", connectSeconds);
    driver.setProperty("loginTimeout", connectSeconds);
    driver.setProperty("socketTimeout", seconds(socketLimit(role)));
    // After a demotion the driver must not go by what it knew of its hosts.
    driver.setProperty("hostRecheckSeconds", "1");
    driver.setProperty("tcpKeepAlive", "true");
    driver.setProperty("logServerErrorDetail", "false");
    boolean prepares = role.statementCache() > 0;
    if (RoleSession.of(role).isShared()) {
      prepares = false;
      // Else the driver sets the application name by a statement, once it is connected.
      driver.setProperty("assumeMinServerVersion", OLDEST_SERVER);
    }
    driver.setProperty("prepareThreshold", prepares ? "3" : "0");
    driver.setProperty("preparedStatementCacheQueries", Integer.toString(role.statementCache()));
    return driver;
  }

  /** HikariCP warns of an idle timeout where the pool has a fixed size. */
  static long idleTimeout(RoleConfig role, int size) {
    return role.minConnections() < size ? role.idleTimeout().toMillis() : 0;
  }

  /**
   * Returns the longest time of one call: the longer one of the wait for a connection and the run
   * of a statement.
   */
  static Duration callLimit(RoleConfig role) {
    return longer(role.acquireTimeout(), socketLimit(role));
  }

  /** Returns how long the driver waits for the answer to one statement. */
  static Duration socketLimit(RoleConfig role) {
    return role.statementTimeout().plus(SOCKET_GRACE);
  }

  static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.plusMillis(999).toSeconds()));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
