package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.existing.UnrecordedObjects;
import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.HistoryTable;
import io.mistersmith.persistence.migration.internal.history.MigrationTables;
import io.mistersmith.persistence.migration.internal.jdbc.RunnerSettings;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.jdbc.Transaction;
import io.mistersmith.persistence.migration.internal.jdbc.WorkConnection;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * The database, scripts and settings of every command of a runner.
 *
 * @param dataSource where the database is
 * @param connections opens the connections for transactions and scripts
 * @param sets the scripts
 * @param settings how to work
 */
public record MigrationContext(
    DataSource dataSource,
    WorkConnection connections,
    List<MigrationSet> sets,
    RunnerSettings settings) {

  /** Keeps a copy of the list. */
  public MigrationContext {
    sets = List.copyOf(sets);
  }

  /** A context that opens a connection for each transaction; thread-safe. */
  public MigrationContext(DataSource dataSource, List<MigrationSet> sets, RunnerSettings settings) {
    this(dataSource, new WorkConnection(dataSource), sets, settings);
  }

  /** The same, with all its transactions on these connections. */
  public MigrationContext on(WorkConnection newConnections) {
    return new MigrationContext(dataSource, newConnections, sets, settings);
  }

  public Planner planner() {
    return new Planner(sets);
  }

  public HistoryTable history() {
    return new HistoryTable(settings);
  }

  public Transaction transaction() {
    return new Transaction(connections, settings);
  }

  public ScriptExecutor executor() {
    return new ScriptExecutor(dataSource, settings);
  }

  /** The history as it is now; empty where there is none yet. */
  public List<HistoryEntry> readHistory() {
    try {
      return transaction().run(history()::read);
    } catch (SQLException e) {
      throw SqlStates.failure("Could not read the history of migrations", e);
    }
  }

  /**
   * Returns the pending versions; reads only, and takes no lock.
   *
   * @throws MigrationException as {@link #check} does
   */
  public MigrationPlan plan(Planner planner, Optional<ScriptId> target) {
    List<HistoryEntry> entries = readHistory();
    MigrationPlan plan = planner.plan(entries, target);
    try {
      check(planner, entries, plan);
      return plan;
    } catch (MigrationException e) {
      List<HistoryEntry> now = readHistory();
      if (now.equals(entries)) {
        throw e;
      }
      // A migrator made the objects after the history was read.
      return planner.plan(now, target);
    }
  }

  /**
   * Compares what is left to do with what is in the database.
   *
   * @throws MigrationException when objects exist that a script would create, and the history has
   *     nothing of its set
   */
  void check(Planner planner, List<HistoryEntry> entries, MigrationPlan plan) {
    if (plan.isUpToDate()) {
      return;
    }
    try {
      transaction()
          .run(
              connection -> {
                UnrecordedObjects.check(connection, planner.order(), entries, plan);
                return true;
              });
    } catch (SQLException e) {
      throw SqlStates.failure("Could not compare the scripts with the database", e);
    }
  }

  /** Creates the runner's tables where they are missing, and notes who migrates; under the lock. */
  List<HistoryEntry> prepare(MigratorLock lock) {
    try {
      List<HistoryEntry> entries =
          transaction()
              .run(
                  connection -> {
                    MigrationTables.create(connection);
                    return history().read(connection);
                  });
      lock.announce();
      return entries;
    } catch (SQLException e) {
      throw SqlStates.failure("Could not prepare the history of migrations", e);
    }
  }
}
