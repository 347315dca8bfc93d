package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.history.HistoryTable;
import io.mistersmith.persistence.migration.internal.jdbc.Backoff;
import io.mistersmith.persistence.migration.internal.jdbc.RunnerSettings;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.jdbc.Transaction;
import io.mistersmith.persistence.migration.internal.jdbc.WorkConnection;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Outcome;
import io.mistersmith.persistence.migration.internal.run.Verification.Moment;
import io.mistersmith.persistence.migration.internal.script.ScriptStatements;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one script: it and its place in the history are one transaction, before which the history
 * says that it runs, and after which, where it failed, that it did. A script that says it is no
 * transaction is left to {@link StepwiseRun}.
 *
 * <p>A script that cannot have a table's lock in time gives way and is tried again, so that those
 * who queued behind it can go on.
 */
public final class ScriptExecutor implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptExecutor.class);

  private final WorkConnection session;
  private final RunnerSettings settings;
  private final HistoryTable history;
  private final int attempts;

  ScriptExecutor(DataSource dataSource, RunnerSettings settings) {
    this.session = new WorkConnection(dataSource).keep();
    this.settings = settings;
    this.history = new HistoryTable(settings);
    this.attempts = settings.tableLockAttempts();
  }

  /**
   * Runs the script.
   *
   * @return empty when somebody else did it meanwhile
   */
  public Optional<Outcome> run(ScriptTask task) {
    boolean leavesSession = false;
    try {
      leavesSession =
          task.transactional() && ScriptStatements.of(task.file(), task.sql()).areDefinitions();
      return runInSession(task);
    } finally {
      if (!leavesSession) {
        session.renew(); // what a script changes in its session ends with it
      }
    }
  }

  /** Closes the session of the scripts. */
  @Override
  public void close() {
    session.close();
  }

  private Optional<Outcome> runInSession(ScriptTask task) {
    Transaction transaction = new Transaction(session, settings);
    Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));
    for (int attempt = 1; ; attempt++) {
      try {
        transaction.run(
            connection -> {
              task.begin(history, connection);
              return true;
            });
        Optional<Duration> duration =
            task.transactional()
                ? transaction.run(connection -> run(connection, task))
                : new StepwiseRun(session, settings, history).run(task);
        int made = attempt;
        return duration.map(d -> new Outcome(d, made));
      } catch (SQLException e) {
        if (!SqlStates.isContention(e) || attempt == attempts) {
          return failed(transaction, task, attempt, e);
        }
        LOG.info(
            "Script {} had to give way in attempt {} of {}: {}; trying again.",
            task.file(),
            attempt,
            attempts,
            SqlStates.describe(e));
        backoff.pause("the tables of script " + task.file());
      }
    }
  }

  private Optional<Duration> run(Connection connection, ScriptTask task) throws SQLException {
    ScriptStatements statements = ScriptStatements.of(task.file(), task.sql());
    if (history.lock(connection, task.id()) == task.goal()) {
      return Optional.empty();
    }
    long start = System.nanoTime();
    Verification.run(connection, task, Moment.BEFORE);
    statements.runAll(connection);
    Verification.run(connection, task, Moment.AFTER);
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    task.finish(history, connection, duration);
    return Optional.of(duration);
  }

  /** Notes the failure, unless the commit went through and only its answer was lost. */
  private Optional<Outcome> failed(
      Transaction transaction, ScriptTask task, int attempt, SQLException cause) {
    String reason = SqlStates.describe(cause);
    MigrationException failure = failure(task, attempt, reason, cause);
    try {
      if (!transaction.run(connection -> noteFailure(connection, task, reason, cause))) {
        LOG.info("Script {} was committed before its connection was lost.", task.file());
        return Optional.empty();
      }
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
    throw failure;
  }

  private boolean noteFailure(
      Connection connection, ScriptTask task, String reason, SQLException cause)
      throws SQLException {
    if (cause instanceof FailedVerification failed) {
      failed.record(connection);
    }
    return task.fail(history, connection, reason);
  }

  private static MigrationException failure(
      ScriptTask task, int attempt, String reason, SQLException cause) {
    Kind kind =
        SqlStates.isConnectionLoss(cause)
            ? Kind.DATABASE_UNAVAILABLE
            : SqlStates.isContention(cause) ? Kind.LOCKED : Kind.SCRIPT_FAILED;
    return new MigrationException(
        kind,
        "Script %s failed in attempt %d: %s. %s %s"
            .formatted(
                task.file(),
                attempt,
                reason,
                task.transactional()
                    ? "Nothing of it remains; " + task.versionBefore() + "."
                    : "The statements before that one stay, and the next run goes on with it; "
                        + task.versionBefore()
                        + ".",
                kind.retryable()
                    ? "Try again when the database is less busy."
                    : "Fix the script, or the rows it fails on, then try again."),
        cause);
  }
}
