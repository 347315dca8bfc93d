package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.existing.UnrecordedObjects;
import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.HistoryTable;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notes versions as applied without running them, for a database that has them by other means. */
public final class Baseline {
  private static final Logger LOG = LoggerFactory.getLogger(Baseline.class);

  private final MigrationContext context;
  private final Planner planner;
  private final ScriptId target;

  public Baseline(MigrationContext context, Planner planner, ScriptId target) {
    this.context = context;
    this.planner = planner;
    this.target = target;
  }

  public List<ScriptId> run() {
    try (MigratorLock lock = MigratorLock.await(context.dataSource(), context.settings())) {
      List<HistoryEntry> entries = context.prepare(lock);
      checkEmpty(entries);
      List<Migration> noted = planner.plan(entries, Optional.of(target)).pending();
      lock.check("the baseline");
      context
          .transaction()
          .run(
              connection -> {
                HistoryTable history = context.history();
                for (Migration migration : noted) {
                  history.start(connection, migration);
                  history.finish(connection, migration.id(), Duration.ZERO);
                }
                return true;
              });
      LOG.info(
          "Noted {} versions up to {} as applied, without running them.", noted.size(), target);
      return noted.stream().map(Migration::id).toList();
    } catch (SQLException e) {
      throw SqlStates.failure("Could not note the baseline", e);
    }
  }

  private void checkEmpty(List<HistoryEntry> entries) {
    if (UnrecordedObjects.nothingApplied(target.set(), planner.order(), entries)) {
      return;
    }
    List<ScriptId> present =
        entries.stream().map(HistoryEntry::id).filter(id -> id.set().equals(target.set())).toList();
    throw new MigrationException(
        Kind.HISTORY_MISMATCH,
        "Set %s has a history already (%s and %d more); a baseline is for a database without one"
            .formatted(target.set(), present.get(0), present.size() - 1));
  }
}
