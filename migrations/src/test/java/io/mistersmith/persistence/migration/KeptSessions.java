package io.mistersmith.persistence.migration;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Sessions that are kept for the next statement of a test: to begin one costs the server more than
 * most statements do. What a statement leaves in its session is discarded.
 */
final class KeptSessions {
  /** Few, since the databases of earlier tests are not used again. */
  private static final int MOST = 6;

  private static final Map<TestDatabase, Connection> KEPT = new LinkedHashMap<>();

  private final TestDatabase database;

  private KeptSessions(TestDatabase database) {
    this.database = database;
  }

  static KeptSessions of(TestDatabase database) {
    return new KeptSessions(database);
  }

  /** What is done in a session. */
  @FunctionalInterface
  interface Work<T> {
    T in(Connection connection) throws SQLException;
  }

  <T> T run(Work<T> work) throws SQLException {
    Connection connection = take();
    try {
      return work.in(connection);
    } finally {
      giveBack(connection);
    }
  }

  /** Ends the session that is kept, for a test that counts sessions. */
  void end() throws SQLException {
    Connection kept;
    synchronized (KEPT) {
      kept = KEPT.remove(database);
    }
    if (kept != null) {
      kept.close();
    }
  }

  /** A session is used by one thread at a time: another thread gets another one. */
  private Connection take() throws SQLException {
    Connection kept;
    synchronized (KEPT) {
      kept = KEPT.remove(database);
    }
    if (kept != null && kept.isValid(5)) {
      return kept;
    }
    return database.connect();
  }

  private void giveBack(Connection connection) throws SQLException {
    if (!isClean(connection)) {
      connection.close();
      return;
    }
    Connection surplus;
    synchronized (KEPT) {
      surplus = KEPT.put(database, connection);
      if (surplus == null && KEPT.size() > MOST) {
        Iterator<Connection> eldest = KEPT.values().iterator();
        surplus = eldest.next();
        eldest.remove();
      }
    }
    if (surplus != null) {
      surplus.close();
    }
  }

  /** Also sends the session's statistics, which one that ends does of itself. */
  private static boolean isClean(Connection connection) {
    try (Statement statement = connection.createStatement()) {
      statement.execute("DISCARD ALL");
      return statement.execute("SELECT pg_stat_force_next_flush()");
    } catch (SQLException e) {
      return false;
    }
  }
}
