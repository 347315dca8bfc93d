package io.mistersmith.persistence.core;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The statements of a test about a database. Their session is kept for the next one: to begin a
 * session costs the server more than most statements do. What a statement leaves in its session is
 * discarded. Thread-safe: a thread that finds no session begins one.
 */
public record KeptSession(String jdbcUrl, String user, String password) {

  /** Few, since the databases of earlier tests are not used again. */
  private static final int MOST = 4;

  private static final int VALID_SECONDS = 5;

  private static final Map<KeptSession, Connection> KEPT = new LinkedHashMap<>();

  /** Returns the first column of what a query answers. */
  public List<String> query(String sql) {
    return run(
        statement -> {
          List<String> values = new ArrayList<>();
          try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
              values.add(String.valueOf(rows.getString(1)));
            }
          }
          return values;
        });
  }

  /** Runs statements. */
  public void execute(String sql) {
    boolean unused = run(statement -> statement.execute(sql));
  }

  /** Ends the session that is kept, for a test that counts sessions or copies the database. */
  public void end() {
    close(takeKept());
  }

  private interface Work<T> {
    T on(Statement statement) throws SQLException;
  }

  private <T> T run(Work<T> work) {
    try {
      Connection connection = take();
      try (Statement statement = connection.createStatement()) {
        return work.on(statement);
      } finally {
        giveBack(connection);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Connection take() throws SQLException {
    Connection kept = takeKept();
    if (kept != null && kept.isValid(VALID_SECONDS)) {
      return kept;
    }
    close(kept);
    return DriverManager.getConnection(jdbcUrl, user, password);
  }

  private @Nullable Connection takeKept() {
    synchronized (KEPT) {
      return KEPT.remove(this);
    }
  }

  private void giveBack(Connection connection) {
    if (!isClean(connection)) {
      close(connection);
      return;
    }
    Connection surplus;
    synchronized (KEPT) {
      surplus = KEPT.put(this, connection);
      if (surplus == null && KEPT.size() > MOST) {
        Iterator<Connection> eldest = KEPT.values().iterator();
        surplus = eldest.next();
        eldest.remove();
      }
    }
    close(surplus);
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

  private static void close(@Nullable Connection connection) {
    if (connection == null) {
      return;
    }
    try {
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
