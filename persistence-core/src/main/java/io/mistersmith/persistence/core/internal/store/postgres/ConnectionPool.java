package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.config.RoleConfig;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.operations.Pools;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;

/** The connections of one role to one server. Thread-safe. */
abstract class ConnectionPool implements AutoCloseable {

  private final String name;
  private final PostgresRole role;
  private final RoleConfig config;
  private final RoleSession session;
  private final PoolMeter meter;
  private final SlowStatements slow;

  ConnectionPool(
      String name, PostgresRole role, RoleConfig config, RoleSession session, PoolMeter meter) {
    this.name = name;
    this.role = role;
    this.config = config;
    this.session = session;
    this.meter = meter;
    this.slow = new SlowStatements(name, config.slowStatement(), System::nanoTime);
  }

  /** Returns the role in lower case, with a number for a replica. */
  final String name() {
    return name;
  }

  final PostgresRole role() {
    return role;
  }

  final RoleConfig config() {
    return config;
  }

  /** Returns the settings of its sessions. */
  final RoleSession session() {
    return session;
  }

  final PoolMeter meter() {
    return meter;
  }

  final SlowStatements slow() {
    return slow;
  }

  /** Returns hosts, ports and database, as {@code host:port/database}. */
  abstract String server();

  /** Returns where its connections come from, for tests. */
  abstract DataSource source();

  /**
   * Returns a connection that commits each statement by itself.
   *
   * @param limit how long the call may take; what the wait for the connection used up is taken off
   *     what the caller may wait for the server
   */
  abstract Connection acquire(Duration limit) throws SQLException;

  /**
   * Gives each statement on an acquired connection its full time again, whatever the wait for the
   * connection took.
   */
  abstract void restoreLimit(Connection connection) throws SQLException;

  /**
   * Returns whether a connection leads to the present primary, as far as known; true where the pool
   * need not lead to it, or its servers are not told apart.
   */
  boolean isCurrent(Connection connection) throws SQLException {
    return true;
  }

  /** Closes the connections to a server that was demoted, those in use too. Does not wait. */
  void leaveDemoted() {}

  /** Gives a connection back as it was. */
  abstract void release(Connection connection) throws SQLException;

  /** Whether the library opened it, and may change it. */
  abstract boolean isOwn();

  /** Returns how many connections it has at most now; {@code MAX_VALUE} where that is not known. */
  abstract int size();

  /** Returns how many connections are in use. */
  abstract int active();

  /** Returns how many threads wait for a connection. */
  abstract int waiting();

  /** Returns whether there is any connection, in use or not. */
  abstract boolean isConnected();

  /**
   * Changes the size.
   *
   * @throws IllegalArgumentException when it is less than 1, or the pool is not the library's own
   */
  abstract void resize(int size);

  /** Returns its figures; empty where its size is not known. */
  abstract Optional<Pools.Stats> stats();

  /** Its figures, with the numbers of connections and threads as its source counts them. */
  final Pools.Stats stats(int active, int idle, int waiting) {
    PoolMeter.Load load = meter.load();
    return new Pools.Stats(
        name,
        role,
        size(),
        active,
        idle,
        waiting,
        load.callsPerSecond(),
        load.averageUse(),
        load.acquireP95(),
        meter.timeouts(),
        slow.count());
  }

  /** Returns a sentence for all that an operator should know of it. */
  abstract Optional<String> notice();

  /** Replaces the connections, each as soon as it is not in use. */
  abstract void renew();

  /**
   * Asks the server for an answer. A refusal counts, unless it says that the server is starting or
   * stopping.
   */
  abstract boolean answers(Duration limit);

  /**
   * Opens a connection that none of the pool's can delay; where the application made the pool, it
   * is one of the pool's, which may be waited for as long as that pool waits. The caller ends it by
   * {@link #endPastIt}.
   *
   * @param limit for connecting, and for each answer; in full seconds
   */
  abstract Connection connectPastIt(Duration limit) throws SQLException;

  /** Ends the use of a connection of {@link #connectPastIt}. */
  abstract void endPastIt(Connection connection);

  abstract boolean isClosed();

  @Override
  public abstract void close();
}
