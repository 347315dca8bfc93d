package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.history.MigrationTables;
import io.mistersmith.persistence.migration.internal.jdbc.SqlStates;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Forward;
import io.mistersmith.persistence.migration.internal.run.Verification.Moment;
import io.mistersmith.persistence.migration.internal.script.ScriptStatements;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.DryRunReport;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs what is pending in one transaction and rolls it back, so that errors show. The tables that
 * it touches are locked meanwhile as by the real thing.
 */
public final class DryRun {
  private static final String CHECK_DEFERRED = "SET CONSTRAINTS ALL IMMEDIATE";

  private final MigrationContext context;
  private final Planner planner;
  private final Optional<ScriptId> target;

  public DryRun(MigrationContext context, Planner planner, Optional<ScriptId> target) {
    this.context = context;
    this.planner = planner;
    this.target = target;
  }

  public DryRunReport run() {
    try (MigratorLock lock = MigratorLock.await(context.dataSource(), context.settings())) {
      lock.check("the dry run");
      List<HistoryEntry> entries = context.readHistory();
      context.check(planner, entries, planner.plan(entries, target));
      return context.transaction().tryOut(this::run);
    } catch (SQLException e) {
      throw SqlStates.failure("Could not try the scripts", e);
    }
  }

  private DryRunReport run(Connection connection) throws SQLException {
    MigrationTables.create(connection);
    MigrationPlan plan = planner.plan(context.history().read(connection), target);
    List<Migration> tried = new ArrayList<>();
    List<Migration> leftOut = new ArrayList<>();
    for (Migration script : plan.pending()) {
      if (!script.transactional()) {
        leftOut.add(script);
        continue;
      }
      tryOut(connection, script, leftOut);
      tried.add(script);
    }
    return new DryRunReport(tried, leftOut);
  }

  private static void tryOut(Connection connection, Migration script, List<Migration> leftOut) {
    try (Statement statement = connection.createStatement()) {
      ScriptTask task = new Forward(script, "");
      Verification.run(connection, task, Moment.BEFORE);
      ScriptStatements.of(task.file(), task.sql()).runAll(connection);
      Verification.run(connection, task, Moment.AFTER);
      statement.execute(CHECK_DEFERRED);
    } catch (SQLException e) {
      throw new MigrationException(
          SqlStates.isContention(e) ? Kind.LOCKED : Kind.SCRIPT_FAILED,
          "Script %s would fail: %s. Nothing was changed.%s"
              .formatted(
                  script,
                  SqlStates.describe(e),
                  leftOut.isEmpty()
                      ? ""
                      : " It may need what %s does, which is no transaction and was left out."
                          .formatted(leftOut)),
          e);
    }
  }
}
