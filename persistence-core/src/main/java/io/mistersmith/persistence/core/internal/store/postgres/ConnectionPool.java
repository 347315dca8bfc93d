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
interface ConnectionPool extends AutoCloseable {

  /** Returns the role in lower case, with a number for a replica. */
  String name();

  PostgresRole role();

  RoleConfig config();

  /** Returns hosts, ports and database, as {@code host:port/database}. */
  String server();

  /** Returns the settings of its sessions. */
  RoleSession session();

  /** Returns where its connections come from, for tests. */
  DataSource source();

  PoolMeter meter();

  SlowStatements slow();

  /**
   * Returns a connection that commits each statement by itself.
   *
   * @param limit how long the call may take; what the wait for the connection used up is taken off
   *     what the caller may wait for the server
   */
  Connection acquire(Duration limit) throws SQLException;

  /**
   * Gives each statement on an acquired connection its full time again, whatever the wait for the
   * connection took.
   */
  void restoreLimit(Connection connection) throws SQLException;

  /**
   * Returns whether a connection leads to the present primary, as far as known; true where the pool
   * need not lead to it, or its servers are not told apart.
   */
  default boolean isCurrent(Connection connection) throws SQLException {
    return true;
  }

  /** Closes the connections to a server that was demoted, those in use too. Does not wait. */
  default void leaveDemoted() {}

  /** Gives a connection back as it was. */
  void release(Connection connection) throws SQLException;

  /** Whether the library opened it, and may change it. */
  boolean isOwn();

  /** Returns how many connections it has at most now; {@code MAX_VALUE} where that is not known. */
  int size();

  /** Returns how many connections are in use. */
  int active();

  /** Returns how many threads wait for a connection. */
  int waiting();

  /** Returns whether there is any connection, in use or not. */
  boolean isConnected();

  /**
   * Changes the size.
   *
   * @throws IllegalArgumentException when it is less than 1, or the pool is not the library's own
   */
  void resize(int size);

  /** Returns its figures; empty where its size is not known. */
  Optional<Pools.Stats> stats();

  /** Returns a sentence for all that an operator should know of it. */
  Optional<String> notice();

  /** Replaces the connections, each as soon as it is not in use. */
  void renew();

  /**
   * Asks the server for an answer. A refusal counts, unless it says that the server is starting or
   * stopping.
   */
  boolean answers(Duration limit);

  /**
   * Opens a connection that none of the pool's can delay; where the application made the pool, it
   * is one of the pool's. The caller closes it.
   *
   * @param limit for connecting, and for each answer; in full seconds
   */
  Connection connectPastIt(Duration limit) throws SQLException;

  boolean isClosed();

  @Override
  void close();
}
