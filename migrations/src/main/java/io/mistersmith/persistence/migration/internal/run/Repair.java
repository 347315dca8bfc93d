package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.HistoryEntry.Status;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.script.ScriptStatements;
import io.mistersmith.persistence.migration.internal.sql.SqlStatement;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.RepairReport;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tidies up after migrators that died, and, if told to, accepts scripts that were changed. */
public final class Repair {
  private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

  private final MigrationContext context;
  private final Planner planner;
  private final boolean acceptChangedScripts;

  public Repair(MigrationContext context, Planner planner, boolean acceptChangedScripts) {
    this.context = context;
    this.planner = planner;
    this.acceptChangedScripts = acceptChangedScripts;
  }

  public RepairReport run() {
    try (MigratorLock lock = MigratorLock.await(context.dataSource(), context.settings())) {
      Map<ScriptId, HistoryEntry> entries = new HashMap<>();
      context.prepare(lock).forEach(entry -> entries.put(entry.id(), entry));
      lock.check("the repair");
      List<ScriptId> marked = mark(entries);
      List<ScriptId> checksums = acceptChangedScripts ? accept(entries) : List.of();
      return new RepairReport(marked, checksums, dropInvalidIndexes(entries));
    } catch (SQLException e) {
      throw SqlStates.failure("Could not repair the history", e);
    }
  }

  private List<ScriptId> mark(Map<ScriptId, HistoryEntry> entries) throws SQLException {
    List<ScriptId> running =
        entries.values().stream()
            .filter(entry -> entry.status() == Status.RUNNING)
            .map(HistoryEntry::id)
            .toList();
    return context
        .transaction()
        .run(
            connection -> {
              for (ScriptId id : running) {
                context.history().markLeftOver(connection, id);
                LOG.info("Version {} was left running by a migrator that died.", id);
              }
              return running;
            });
  }

  private List<ScriptId> accept(Map<ScriptId, HistoryEntry> entries) throws SQLException {
    List<Migration> changed =
        planner.order().stream()
            .filter(
                script -> {
                  HistoryEntry entry = entries.get(script.id());
                  return entry != null
                      && entry.isApplied()
                      && !entry.checksum().equals(script.checksum());
                })
            .toList();
    return context
        .transaction()
        .run(
            connection -> {
              for (Migration script : changed) {
                context.history().setChecksum(connection, script.id(), script.checksum());
                LOG.warn("Script {} was changed after it was applied; accepted as it is.", script);
              }
              return changed.stream().map(Migration::id).toList();
            });
  }

  private List<String> dropInvalidIndexes(Map<ScriptId, HistoryEntry> entries) throws SQLException {
    List<String> dropped = new ArrayList<>();
    try (Connection connection = context.dataSource().getConnection()) {
      connection.setAutoCommit(true);
      for (Migration script : planner.order()) {
        HistoryEntry entry = entries.get(script.id());
        if (entry != null && !entry.isApplied() && !script.transactional()) {
          for (SqlStatement statement :
              ScriptStatements.of(script.toString(), script.sql()).statements()) {
            Optional<ConcurrentBuild> index = ConcurrentBuild.of(statement);
            if (index.isPresent()) {
              index.get().dropIfInvalid(connection).ifPresent(dropped::add);
            }
          }
        }
      }
    }
    return dropped;
  }
}
