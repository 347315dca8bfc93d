package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.history.HistoryTable;
import io.mistersmith.persistence.migration.internal.jdbc.RunnerSettings;
import io.mistersmith.persistence.migration.internal.jdbc.SessionSettings;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.jdbc.WorkConnection;
import io.mistersmith.persistence.migration.internal.lock.AdvisoryLock;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask;
import io.mistersmith.persistence.migration.internal.run.Verification.Moment;
import io.mistersmith.persistence.migration.internal.script.ScriptStatements;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a script that cannot be a transaction: statement by statement, each committed by itself,
 * with the number of those done in the history. An interrupted script resumes after the last
 * statement that the history notes; a statement that was done but not noted runs again, so each
 * must be repeatable. The queries of its header run before the first statement and after the last,
 * those of each moment in a transaction of their own. An invalid index that an interrupted build
 * left is dropped before it is rebuilt.
 *
 * <p>The connection holds a second advisory lock while it works. A migrator that takes over the
 * first one, because its connection was lost, so waits until a statement that still runs has ended.
 */
final class StepwiseRun {
  private static final Logger LOG = LoggerFactory.getLogger(StepwiseRun.class);

  private static final long KEY = AdvisoryLock.KEY + 1;

  private static final String TRY = "SELECT pg_catalog.pg_try_advisory_lock(?)";

  private static final String UNLOCK = "SELECT pg_catalog.pg_advisory_unlock(?)";

  private final WorkConnection connections;
  private final RunnerSettings settings;
  private final HistoryTable history;

  StepwiseRun(WorkConnection connections, RunnerSettings settings, HistoryTable history) {
    this.connections = connections;
    this.settings = settings;
    this.history = history;
  }

  /**
   * Runs what is left of the script.
   *
   * @return empty when somebody else did it meanwhile
   */
  Optional<Duration> run(ScriptTask task) throws SQLException {
    ScriptStatements statements = ScriptStatements.of(task.file(), task.sql());
    return connections.use(
        connection -> {
          connection.setAutoCommit(true);
          lock(connection);
          try (SessionSettings session = SessionSettings.apply(connection, settings)) {
            return run(task, statements, connection, session);
          } finally {
            unlock(connection);
          }
        });
  }

  private Optional<Duration> run(
      ScriptTask task, ScriptStatements statements, Connection connection, SessionSettings session)
      throws SQLException {
    if (history.lock(connection, task.id()) == task.goal()) {
      return Optional.empty();
    }
    long start = System.nanoTime();
    int done = history.statementsDone(connection, task.id());
    if (done > 0) {
      LOG.info("Script {} goes on behind statement {}.", task.file(), done);
    } else {
      verify(connection, task, Moment.BEFORE);
    }
    for (int i = done; i < statements.count(); i++) {
      session.patient(statements.isConcurrent(i));
      clearTheWay(task, statements, i, connection);
      statements.run(connection, i);
      history.noteStatements(connection, task.id(), i + 1);
    }
    verify(connection, task, Moment.AFTER);
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    task.finish(history, connection, duration);
    return Optional.of(duration);
  }

  private static void verify(Connection connection, ScriptTask task, Moment moment)
      throws SQLException {
    if (moment.queries(task).isEmpty()) {
      return;
    }
    connection.setAutoCommit(false);
    try {
      Verification.run(connection, task, moment);
      connection.commit();
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }

  private static void clearTheWay(
      ScriptTask task, ScriptStatements statements, int index, Connection connection)
      throws SQLException {
    Optional<ConcurrentBuild> target = ConcurrentBuild.of(statements.get(index));
    Optional<String> dropped =
        target.isPresent() ? target.get().dropIfInvalid(connection) : Optional.empty();
    dropped.ifPresent(
        name ->
            LOG.warn(
                "Script {}: dropped index {}, which an attempt that was cut off had left invalid;"
                    + " building it again.",
                task.file(),
                name));
  }

  private static void lock(Connection connection) throws SQLException {
    if (!ask(connection, TRY)) {
      throw new SQLException(
          "the migrator before this one lost its lock, and its last statement still runs", "55P03");
    }
  }

  private static void unlock(Connection connection) {
    try {
      ask(connection, UNLOCK);
    } catch (SQLException e) {
      LOG.debug("A connection was lost with its script over: {}", SqlStates.describe(e));
    }
  }

  private static boolean ask(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setLong(1, KEY);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }
}
