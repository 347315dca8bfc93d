package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.lock.MigratorLock;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Back;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.ApplyOrRollBackReport;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import io.mistersmith.persistence.migration.report.RollbackReport.RolledBack;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies what is pending, and takes back what it applied when a later script fails. Each way back
 * is a transaction by itself: whatever cuts this off, the history holds the versions up to one.
 */
public final class ApplyOrRollBack {
  private static final Logger LOG = LoggerFactory.getLogger(ApplyOrRollBack.class);

  private final MigrationContext context;
  private final Apply apply;

  public ApplyOrRollBack(MigrationContext context, Planner planner, Optional<ScriptId> target) {
    this.context = context;
    this.apply = new Apply(context, planner, target);
  }

  public ApplyOrRollBackReport run() {
    return apply.underLock(
        done ->
            new ApplyOrRollBackReport(
                done.result().current(),
                done.result().current(),
                List.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                done.waited()),
        this::run);
  }

  private ApplyOrRollBackReport run(MigratorLock lock, MigrationPlan plan) {
    requireWaysBack(plan.pending());
    Progress progress = new Progress();
    try {
      apply.forward(lock, plan, progress);
      return new ApplyOrRollBackReport(
          plan.current(),
          progress.current(plan),
          progress.applied(),
          Optional.empty(),
          List.of(),
          List.of(),
          lock.waited());
    } catch (MigrationException e) {
      return takeBack(lock, plan, progress, e);
    }
  }

  private static void requireWaysBack(List<Migration> pending) {
    List<Migration> without =
        pending.stream().filter(script -> script.rollbackSql().isEmpty()).toList();
    if (!without.isEmpty()) {
      throw new MigrationException(
          Kind.INVALID_SCRIPT,
          "There is no way back from "
              + without.stream().map(Migration::toString).collect(Collectors.joining(", "))
              + ", and nothing was applied: add the script U"
              + without.get(0).version()
              + "__….sql, or apply without taking back");
    }
  }

  private ApplyOrRollBackReport takeBack(
      MigratorLock lock, MigrationPlan plan, Progress progress, MigrationException failure) {
    List<Migration> there = new ArrayList<>(progress.done());
    // Of a script that is no transaction, the statements before the failed one are there.
    progress.running().filter(script -> !script.transactional()).ifPresent(there::add);
    LOG.warn("{} Taking back what this call applied: {}.", failure.getMessage(), there);
    // An interrupt stops the way forward; the way back is still to be gone.
    boolean interrupted = Thread.interrupted();
    List<RolledBack> rolledBack = new ArrayList<>();
    try {
      while (!there.isEmpty()) {
        takeBack(lock, there.get(there.size() - 1)).ifPresent(rolledBack::add);
        there.remove(there.size() - 1);
      }
    } catch (MigrationException e) {
      failure.addSuppressed(e);
      LOG.error("{} left applied: {}.", e.getMessage(), there);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
    return new ApplyOrRollBackReport(
        plan.current(),
        Progress.highest(there).or(plan::current),
        progress.applied(),
        Optional.of(failure),
        rolledBack,
        there.stream().map(Migration::id).toList(),
        lock.waited());
  }

  private Optional<RolledBack> takeBack(MigratorLock lock, Migration script) {
    Back back = Back.of(script.id(), script.name(), script.rollbackSql().orElseThrow());
    lock.check(back.file());
    try (ScriptExecutor executor = context.executor()) {
      return executor
          .run(back)
          .map(o -> new RolledBack(back.id(), back.file(), o.duration(), o.attempts()));
    }
  }
}
