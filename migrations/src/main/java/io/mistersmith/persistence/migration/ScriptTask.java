package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.HistoryEntry.Status;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;

/** A script that is to be run, and what the history is told of it: one version up, or one down. */
sealed interface ScriptTask {
  /** The version. */
  ScriptId id();

  /** The script's file, for messages. */
  String file();

  /** Its text. */
  String sql();

  /** Whether it is one transaction. */
  boolean transactional();

  /** Where the database stands while the script is not done, for messages. */
  String standing();

  /** What the version is when the script is done. */
  Status goal();

  /** Notes that it begins. */
  void begin(HistoryTable history, Connection connection) throws SQLException;

  /** Notes that it is done. */
  void finish(HistoryTable history, Connection connection, Duration duration) throws SQLException;

  /**
   * Notes that it failed.
   *
   * @return false when the version turns out to be where the script leads
   */
  default boolean fail(HistoryTable history, Connection connection, String reason)
      throws SQLException {
    history.fail(connection, id(), reason);
    return history.lock(connection, id()) != goal();
  }

  /**
   * To the version.
   *
   * @param migration the version
   * @param standing where the database stands before it
   */
  record Forward(Migration migration, String standing) implements ScriptTask {
    @Override
    public ScriptId id() {
      return migration.id();
    }

    @Override
    public String file() {
      return migration.toString();
    }

    @Override
    public String sql() {
      return migration.sql();
    }

    @Override
    public boolean transactional() {
      return migration.transactional();
    }

    @Override
    public Status goal() {
      return Status.APPLIED;
    }

    @Override
    public void begin(HistoryTable history, Connection connection) throws SQLException {
      history.start(connection, migration);
    }

    @Override
    public void finish(HistoryTable history, Connection connection, Duration duration)
        throws SQLException {
      history.finish(connection, id(), duration);
    }
  }

  /**
   * Back from the version.
   *
   * @param id the version
   * @param file the script's file
   * @param sql its text
   * @param transactional whether it is one transaction
   */
  record Back(ScriptId id, String file, String sql, boolean transactional) implements ScriptTask {
    static Back of(ScriptId id, String name, String sql) {
      String plain = "U%s__%s.sql".formatted(id.version(), name.replace(' ', '_'));
      String file = id.isCore() ? plain : id.set() + "/" + plain;
      return new Back(id, file, sql, ScriptHeader.parse(id.set(), file, sql).transactional());
    }

    @Override
    public String standing() {
      return "version " + id + " is still there";
    }

    @Override
    public Status goal() {
      return Status.ROLLED_BACK;
    }

    @Override
    public void begin(HistoryTable history, Connection connection) throws SQLException {
      if (!transactional) {
        history.startRollback(connection, id);
      }
    }

    @Override
    public void finish(HistoryTable history, Connection connection, Duration duration)
        throws SQLException {
      history.finishRollback(connection, id);
    }
  }

  /**
   * What a script took.
   *
   * @param duration the last attempt alone
   * @param attempts how many there were
   */
  record Outcome(Duration duration, int attempts) {}
}
