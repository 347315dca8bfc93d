package io.mistersmith.persistence.migration.internal.lock;

import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to migrate a database: a session's advisory lock on a connection of its own, which
 * PostgreSQL gives back when the process or its connection dies.
 *
 * <p>It is only ever tried, never waited for inside PostgreSQL: a session that waits holds a
 * snapshot, for which CREATE INDEX CONCURRENTLY waits in turn, and both end in a deadlock. Between
 * two tries no connection is held, so that waiters cannot starve the one who migrates of a small
 * pool.
 *
 * <p>The lock belongs to a server session. Behind a proxy that shares sessions between
 * transactions, such as PgBouncer in transaction mode, it protects nothing; {@link #isHeld()}
 * notices, and the runner stops.
 */
public final class AdvisoryLock implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AdvisoryLock.class);

  /** The characters "agentper" read as a number; it identifies the lock within a database. */
  public static final long KEY = 0x6167656e74706572L;

  private static final String TRY = "SELECT pg_catalog.pg_try_advisory_lock(?)";

  private static final String READ_SETTINGS =
      """
      SELECT pg_catalog.current_setting('application_name'),
             pg_catalog.current_setting('idle_session_timeout')
      """;

  private static final String SET_SETTINGS =
      """
      SELECT pg_catalog.set_config('application_name', ?, false),
             pg_catalog.set_config('idle_session_timeout', ?, false)
      """;

  private static final String RENEW =
      """
      INSERT INTO migrations.locks AS l (lock_name, locked_by, expires_at)
      VALUES ('migration',
              left(format('%s in process %s on %s (backend %s)', current_user, ?::text, ?::text,
                          pg_backend_pid()), 100),
              clock_timestamp() + make_interval(secs => ?))
      ON CONFLICT (lock_name) DO UPDATE
         SET locked_at = CASE WHEN l.locked_by = excluded.locked_by THEN l.locked_at
                              ELSE excluded.locked_at END,
             locked_by = excluded.locked_by, expires_at = excluded.expires_at
      """;

  private static final String FORGET =
      """
      DELETE FROM migrations.locks
       WHERE lock_name = 'migration'
      """;

  private static final String UNLOCK = "SELECT pg_catalog.pg_advisory_unlock(?)";

  private static final String FIND =
      """
      SELECT l.pid = pg_catalog.pg_backend_pid(), l.pid, a.usename, a.application_name,
             a.client_addr::text, a.backend_start::timestamp(0)::text
        FROM pg_catalog.pg_locks l
        LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
       WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
         AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                            WHERE d.datname = pg_catalog.current_database())
         AND l.classid::bigint = ? AND l.objid::bigint = ?
      """;

  private final Connection connection;
  private final String applicationName;
  private final String idleTimeout;

  private AdvisoryLock(Connection connection, String applicationName, String idleTimeout) {
    this.connection = connection;
    this.applicationName = applicationName;
    this.idleTimeout = idleTimeout;
  }

  /** Takes the lock if it is free. */
  static Optional<AdvisoryLock> tryAcquire(DataSource dataSource) throws SQLException {
    Connection connection = dataSource.getConnection();
    Optional<AdvisoryLock> lock = Optional.empty();
    try {
      connection.setAutoCommit(true);
      lock = tryAcquire(connection);
      return lock;
    } finally {
      if (lock.isEmpty()) {
        connection.close();
      }
    }
  }

  private static Optional<AdvisoryLock> tryAcquire(Connection connection) throws SQLException {
    AdvisoryLock lock;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(READ_SETTINGS)) {
      row.next();
      lock = new AdvisoryLock(connection, row.getString(1), row.getString(2));
    }
    try (PreparedStatement statement = connection.prepareStatement(TRY)) {
      statement.setLong(1, KEY);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next() || !row.getBoolean(1)) {
          return Optional.empty();
        }
      }
    }
    // An idle lock must not time out, and waiting operators should see which process holds it.
    try {
      lock.set("migrations of process " + ProcessHandle.current().pid(), "0");
      return Optional.of(lock);
    } catch (SQLException e) {
      lock.abort();
      throw e;
    }
  }

  private void set(String newApplicationName, String newIdleTimeout) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SET_SETTINGS)) {
      statement.setString(1, newApplicationName);
      statement.setString(2, newIdleTimeout);
      statement.execute();
    }
  }

  /** Says who holds the lock, as far as this user may see it. */
  static String describeHolder(DataSource dataSource) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        PreparedStatement statement = find(connection);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        return "somebody who has finished just now";
      }
      return "backend %s (user %s, application '%s', from %s, connected since %s)"
          .formatted(
              row.getString(2),
              row.getString(3),
              row.getString(4),
              row.getString(5) == null ? "a local socket or unknown" : row.getString(5),
              row.getString(6));
    }
  }

  /** Tells people who has the lock, for so many seconds. */
  synchronized void renew(int seconds) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(RENEW)) {
      statement.setString(1, Long.toString(ProcessHandle.current().pid()));
      statement.setString(2, hostName());
      statement.setInt(3, seconds);
      statement.executeUpdate();
    }
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "a host without a name";
    }
  }

  /** Takes back what {@link #renew(int)} told. */
  synchronized void forget() throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(FORGET);
    }
  }

  /** Whether this session still has the lock. */
  synchronized boolean isHeld() throws SQLException {
    try (PreparedStatement statement = find(connection);
        ResultSet row = statement.executeQuery()) {
      return row.next() && row.getBoolean(1);
    }
  }

  private static PreparedStatement find(Connection connection) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(FIND);
    statement.setLong(1, KEY >>> 32);
    statement.setLong(2, KEY & 0xffff_ffffL);
    return statement;
  }

  @Override
  public synchronized void close() {
    try (PreparedStatement statement = connection.prepareStatement(UNLOCK)) {
      set(applicationName, idleTimeout);
      statement.setLong(1, KEY);
      statement.execute();
      connection.close();
    } catch (SQLException e) {
      LOG.warn(
          "The migration lock's connection was lost ({}); PostgreSQL has given the lock back or"
              + " will when it notices.",
          SqlStates.describe(e));
      abort();
    }
  }

  /** Ends a connection whose state is unknown, lest it goes back to a pool with the lock on it. */
  private void abort() {
    try (connection) {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      LOG.debug("The migration lock's connection could not be ended: {}", SqlStates.describe(e));
    }
  }
}
