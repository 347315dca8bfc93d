package io.mistersmith.persistence.migration;

import java.sql.SQLException;
import java.util.List;
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
