package io.mistersmith.persistence.core.internal.pool;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.mistersmith.persistence.config.PostgresConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.postgresql.Driver;
import org.postgresql.PGProperty;

/**
 * The connections of one runtime to PostgreSQL, in two pools that share the configured bound: one
 * for callers, and a small one for the flush, so that callers who use up theirs cannot starve it.
 * Thread-safe.
 *
 * <p>Every wait has a deadline: connecting, acquiring, a statement (kept by the server), a lock
 * that the flush waits for (kept by the server, a quarter of the statement's at most), a socket
 * that has gone silent (kept by the driver, a little longer than the statement's), and a
 * transaction whose process was stopped in its middle (kept by the server: otherwise a suspended
 * flusher would hold the journal's position for as long as it sleeps).
 */
public final class PoolSet implements AutoCloseable {

  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(10);
  private static final Duration MAX_LIFETIME = Duration.ofHours(2);
  private static final Duration LONGEST_CONNECT = Duration.ofSeconds(10);
  private static final Duration LONGEST_IDLE_IN_TRANSACTION = Duration.ofSeconds(10);
  private static final Duration SOCKET_GRACE = Duration.ofSeconds(5);
  private static final Duration LONGEST_LOCK_WAIT = Duration.ofSeconds(5);
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

  private final PostgresConfig config;
  private final HikariDataSource callers;
  private final HikariDataSource flush;
  private final String server;

  private PoolSet(
      PostgresConfig config, HikariDataSource callers, HikariDataSource flush, String server) {
    this.config = config;
    this.callers = callers;
    this.flush = flush;
    this.server = server;
  }

  /**
   * Opens both pools with one connection each at least. Does not wait for a server that refuses.
   *
   * @param applicationName what the server's views show the connections as
   * @throws com.zaxxer.hikari.pool.HikariPool.PoolInitializationException when the server cannot be
   *     reached or refuses the user; its cause says why
   */
  public static PoolSet open(PostgresConfig config, String applicationName) {
    int forFlush = config.maxConnections() >= 4 ? 2 : 1;
    int forCallers = config.maxConnections() - forFlush;
    HikariDataSource callers =
        new HikariDataSource(
            settings(
                config,
                "persistence-callers",
                applicationName,
                Math.min(config.minConnections(), forCallers),
                forCallers,
                Duration.ZERO));
    try {
      return new PoolSet(
          config,
          callers,
          new HikariDataSource(
              settings(
                  config,
                  "persistence-flush",
                  applicationName,
                  1,
                  forFlush,
                  shorter(config.statementTimeout().dividedBy(4), LONGEST_LOCK_WAIT))),
          server(config));
    } catch (RuntimeException e) {
      callers.close();
      throw e;
    }
  }

  /** Hosts, ports and database, for messages. Nothing else of the URL: it may hold secrets. */
  private static String server(PostgresConfig config) {
    Properties url = Driver.parseURL(config.jdbcUrl(), null);
    if (url == null) {
      return "at the configured URL";
    }
    List<String> hosts = parts(valueOf(PGProperty.PG_HOST, url, "localhost"));
    List<String> ports = parts(valueOf(PGProperty.PG_PORT, url, "5432"));
    StringJoiner servers = new StringJoiner(",");
    for (int i = 0; i < hosts.size(); i++) {
      servers.add(hosts.get(i) + ":" + ports.get(Math.min(i, ports.size() - 1)));
    }
    return servers + "/" + valueOf(PGProperty.PG_DBNAME, url, config.user());
  }

  private static List<String> parts(String commaSeparated) {
    return Pattern.compile(",").splitAsStream(commaSeparated).toList();
  }

  private static String valueOf(PGProperty property, Properties url, String missing) {
    return Objects.requireNonNullElse(property.getOrDefault(url), missing);
  }

  /** Hosts, ports and database, as {@code host:port/database}. */
  public String server() {
    return server;
  }

  /** The connections that callers' reads and writes use. */
  public DataSource callers() {
    return callers;
  }

  /** The connections that the flush uses. */
  public DataSource flush() {
    return flush;
  }

  /**
   * Replaces the connections of both pools, each as soon as nobody uses it: when one was lost, the
   * server has probably gone and taken the others with it.
   */
  public void renew() {
    renew(callers);
    renew(flush);
  }

  private static void renew(HikariDataSource pool) {
    HikariPoolMXBean control = pool.getHikariPoolMXBean();
    if (control != null && !pool.isClosed()) {
      control.softEvictConnections();
    }
  }

  /**
   * How long one call may take in all, acquiring its connection included: as long as the slower of
   * both may take by itself.
   */
  public Duration callLimit() {
    return longer(config.acquireTimeout(), config.statementTimeout().plus(SOCKET_GRACE));
  }

  /**
   * Asks the server for a connection of its own, past the pools, whose connections may all be
   * stuck. An answer that is a refusal counts, unless it says that the server is starting or
   * stopping.
   */
  public boolean answers(Duration limit) {
    Properties properties = new Properties();
    properties.setProperty("user", config.user());
    config.password().ifPresent(password -> properties.setProperty("password", password));
    properties.setProperty("connectTimeout", seconds(limit));
    properties.setProperty("socketTimeout", seconds(limit));
    properties.setProperty("loginTimeout", seconds(limit));
    try (Connection connection = DriverManager.getConnection(config.jdbcUrl(), properties)) {
      return !connection.isClosed();
    } catch (SQLException e) {
      String state = e.getSQLState() == null ? "" : e.getSQLState();
      return !state.isEmpty() && !state.startsWith("08") && !state.startsWith("57P");
    }
  }

  /** Whether {@link #close} was called. */
  public boolean isClosed() {
    return callers.isClosed();
  }

  /** Closes all connections, those in use too. */
  @Override
  public void close() {
    try (flush) {
      callers.close();
    }
  }

  private static HikariConfig settings(
      PostgresConfig config,
      String name,
      String applicationName,
      int min,
      int max,
      Duration lockWait) {
    HikariConfig pool = new HikariConfig();
    pool.setPoolName(name);
    pool.setJdbcUrl(config.jdbcUrl());
    pool.setUsername(config.user());
    config.password().ifPresent(pool::setPassword);
    pool.setMaximumPoolSize(max);
    pool.setMinimumIdle(min);
    pool.setIdleTimeout(min < max ? IDLE_TIMEOUT.toMillis() : 0);
    pool.setMaxLifetime(MAX_LIFETIME.toMillis());
    Duration acquire = longer(config.acquireTimeout(), SHORTEST_ACQUIRE);
    pool.setConnectionTimeout(acquire.toMillis());
    pool.setValidationTimeout(shorter(acquire, Duration.ofSeconds(5)).toMillis());
    // One attempt, however long acquiring may take later.
    pool.setInitializationFailTimeout(1);
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    pool.setExceptionOverride(NOT_SUPPORTED_IS_NO_LOSS);
    pool.setConnectionInitSql(sessionSettings(config, lockWait));

    Duration connect = shorter(acquire, LONGEST_CONNECT);
    pool.addDataSourceProperty("ApplicationName", applicationName);
    pool.addDataSourceProperty("connectTimeout", seconds(connect));
    pool.addDataSourceProperty(
        "socketTimeout", seconds(config.statementTimeout().plus(SOCKET_GRACE)));
    // After a demotion the driver must not go by what it knew of its hosts.
    pool.addDataSourceProperty("hostRecheckSeconds", "1");
    pool.addDataSourceProperty("tcpKeepAlive", "true");
    pool.addDataSourceProperty("logServerErrorDetail", "false");
    pool.addDataSourceProperty("prepareThreshold", "3");
    pool.addDataSourceProperty("preparedStatementCacheQueries", "256");
    return pool;
  }

  /** A durable commit is what every acknowledgement of this library stands on. */
  private static String sessionSettings(PostgresConfig config, Duration lockWait) {
    long statement = config.statementTimeout().toMillis();
    long idle = shorter(config.statementTimeout(), LONGEST_IDLE_IN_TRANSACTION).toMillis();
    return """
    SELECT set_config('statement_timeout', '%d', false),
           set_config('lock_timeout', '%d', false),
           set_config('idle_in_transaction_session_timeout', '%d', false),
           set_config('synchronous_commit',
                      CASE WHEN current_setting('synchronous_commit') IN ('off', 'local')
                           THEN 'on' ELSE current_setting('synchronous_commit') END,
                      false)
    """
        .formatted(Math.max(1, statement), lockWait.toMillis(), Math.max(1, idle));
  }

  private static String seconds(Duration duration) {
    return Long.toString(Math.max(1, duration.plusMillis(999).toSeconds()));
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static Duration longer(Duration one, Duration other) {
    return one.compareTo(other) > 0 ? one : other;
  }
}
