package io.mistersmith.persistence.migration;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * What every command of a runner works with. Immutable.
 *
 * @param dataSource where the database is
 * @param sets the scripts
 * @param settings how to work
 */
record MigrationContext(DataSource dataSource, List<MigrationSet> sets, RunnerSettings settings) {
  MigrationContext {
    sets = List.copyOf(sets);
  }

  Planner planner() {
    return new Planner(sets);
  }

  HistoryTable history() {
    return new HistoryTable(settings);
  }

  Transaction transaction() {
    return new Transaction(dataSource, settings);
  }

  ScriptExecutor executor() {
    return new ScriptExecutor(dataSource, settings);
  }

  /** The history as it is now; empty where there is none yet. */
  List<HistoryEntry> readHistory() {
    try {
      return transaction().run(history()::read);
    } catch (SQLException e) {
      throw MigrationException.of("Could not read the history of migrations", e);
    }
  }

  /**
   * What is left to do; reads only, and takes no lock.
   *
   * @throws MigrationException as {@link #check} does
   */
  MigrationPlan plan(Planner planner, Optional<ScriptId> target) {
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
      throw MigrationException.of("Could not compare the scripts with the database", e);
    }
  }

  /** Makes the runner's tables where they are missing, and says who migrates; under the lock. */
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
      throw MigrationException.of("Could not prepare the history of migrations", e);
    }
  }
}
