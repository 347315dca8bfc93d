package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry.Status;
import io.mistersmith.persistence.migration.internal.history.HistoryTable;
import io.mistersmith.persistence.migration.internal.script.ScriptHeader;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/** A script to run, forward or back, and the notes that the history gets about it. */
public sealed interface ScriptTask {
  /** The version. */
  ScriptId id();

  /** The script's file, for messages. */
  String file();

  /** Its text. */
  String sql();

  /** Whether it is one transaction. */
  boolean transactional();

  /** Queries that must return no row before its statements. */
  List<String> verifyBefore();

  /** Queries that must return no row after its statements. */
  List<String> verifyAfter();

  /** Returns the version of the database while the script is not done, for messages. */
  String versionBefore();

  /** Returns the version of the database after the script. */
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
   * @param versionBefore the version of the database before it, for messages
   */
  record Forward(Migration migration, String versionBefore) implements ScriptTask {
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
    public List<String> verifyBefore() {
      return migration.verifyBefore();
    }

    @Override
    public List<String> verifyAfter() {
      return migration.verifyAfter();
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
   * @param verifyBefore queries that must return no row before its statements
   * @param verifyAfter queries that must return no row after its statements
   */
  record Back(
      ScriptId id,
      String file,
      String sql,
      boolean transactional,
      List<String> verifyBefore,
      List<String> verifyAfter)
      implements ScriptTask {
    public static Back of(ScriptId id, String name, String sql) {
      String plain = "U%s__%s.sql".formatted(id.version(), name.replace(' ', '_'));
      String file = id.isCore() ? plain : id.set() + "/" + plain;
      ScriptHeader header = ScriptHeader.parse(id.set(), file, sql);
      return new Back(
          id, file, sql, header.transactional(), header.verifyBefore(), header.verifyAfter());
    }

    @Override
    public String versionBefore() {
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
   * The cost of a script.
   *
   * @param duration the last attempt alone
   * @param attempts how many there were
   */
  record Outcome(Duration duration, int attempts) {}
}
