package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.HistoryEntry.Status;
import io.mistersmith.persistence.migration.MigrationException.Kind;
import io.mistersmith.persistence.migration.MigrationReport.Applied;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies one version: its script and its place in the history are one transaction, before which
 * the history says that it runs, and after which, where it failed, that it did.
 *
 * <p>A script that cannot have a table's lock in time gives way and is tried again, so that those
 * who queued behind it can go on.
 */
final class ScriptExecutor {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptExecutor.class);

  private final Transaction transaction;
  private final HistoryTable history;
  private final int attempts;

  ScriptExecutor(Transaction transaction, HistoryTable history, int attempts) {
    this.transaction = transaction;
    this.history = history;
    this.attempts = attempts;
  }

  /**
   * Applies the version.
   *
   * @return empty when somebody else did it meanwhile
   */
  Optional<Applied> apply(Migration migration) {
    Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));
    for (int attempt = 1; ; attempt++) {
      try {
        transaction.run(
            connection -> {
              history.start(connection, migration);
              return true;
            });
        Optional<Duration> duration = transaction.run(connection -> run(connection, migration));
        int made = attempt;
        return duration.map(d -> new Applied(migration, d, made));
      } catch (SQLException e) {
        if (!SqlStates.isContention(e) || attempt == attempts) {
          return failed(migration, attempt, e);
        }
        LOG.info(
            "Script {} had to give way in attempt {} of {}: {}; trying again.",
            migration,
            attempt,
            attempts,
            SqlStates.describe(e));
        backoff.pause("the tables of script " + migration);
      }
    }
  }

  private Optional<Duration> run(Connection connection, Migration migration) throws SQLException {
    if (history.lock(connection, migration.id()) == Status.APPLIED) {
      return Optional.empty();
    }
    long start = System.nanoTime();
    try (Statement statement = connection.createStatement()) {
      statement.execute(migration.sql());
    }
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    history.finish(connection, migration.id(), duration);
    return Optional.of(duration);
  }

  /** Notes the failure, unless the commit went through and only its answer was lost. */
  private Optional<Applied> failed(Migration migration, int attempt, SQLException cause) {
    String reason = SqlStates.describe(cause);
    Kind kind =
        SqlStates.isConnectionLoss(cause)
            ? Kind.DATABASE_UNAVAILABLE
            : SqlStates.isContention(cause) ? Kind.LOCKED : Kind.SCRIPT_FAILED;
    MigrationException failure =
        new MigrationException(
            kind,
            "Script %s failed in attempt %d: %s. Nothing of it remains%s. %s"
                .formatted(
                    migration,
                    attempt,
                    reason,
                    migration.dependsOn().isEmpty()
                        ? ""
                        : "; the database is at " + migration.dependsOn().get(0),
                    kind.retryable()
                        ? "Apply again when the database is at leisure."
                        : "Mend the script or the data it meets, then apply again."),
            cause);
    try {
      if (!transaction.run(connection -> history.fail(connection, migration.id(), reason))) {
        LOG.info("Script {} was committed before its connection was lost.", migration);
        return Optional.empty();
      }
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
    throw failure;
  }
}
