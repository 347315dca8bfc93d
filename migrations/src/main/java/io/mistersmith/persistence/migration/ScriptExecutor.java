package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.MigrationException.Kind;
import io.mistersmith.persistence.migration.ScriptTask.Outcome;
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
final class ScriptExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptExecutor.class);

  private final Transaction transaction;
  private final HistoryTable history;
  private final StepwiseRun stepwise;
  private final int attempts;

  ScriptExecutor(DataSource dataSource, RunnerSettings settings) {
    this.transaction = new Transaction(dataSource, settings);
    this.history = new HistoryTable(settings);
    this.stepwise = new StepwiseRun(dataSource, settings, history);
    this.attempts = settings.tableLockAttempts();
  }

  /**
   * Runs the script.
   *
   * @return empty when somebody else did it meanwhile
   */
  Optional<Outcome> run(ScriptTask task) {
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
                : stepwise.run(task);
        int made = attempt;
        return duration.map(d -> new Outcome(d, made));
      } catch (SQLException e) {
        if (!SqlStates.isContention(e) || attempt == attempts) {
          return failed(task, attempt, e);
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
    statements.runAll(connection);
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    task.finish(history, connection, duration);
    return Optional.of(duration);
  }

  /** Notes the failure, unless the commit went through and only its answer was lost. */
  private Optional<Outcome> failed(ScriptTask task, int attempt, SQLException cause) {
    String reason = SqlStates.describe(cause);
    MigrationException failure = failure(task, attempt, reason, cause);
    try {
      if (!transaction.run(connection -> task.fail(history, connection, reason))) {
        LOG.info("Script {} was committed before its connection was lost.", task.file());
        return Optional.empty();
      }
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
    throw failure;
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
                    ? "Nothing of it remains; " + task.standing() + "."
                    : "The statements before that one stay, and the next run goes on with it; "
                        + task.standing()
                        + ".",
                kind.retryable()
                    ? "Try again when the database is at leisure."
                    : "Mend the script or the data it meets, then try again."),
        cause);
  }
}
