package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.history.HistoryEntry;
import io.mistersmith.persistence.migration.internal.jdbc.WorkConnection;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock.Held;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock.NotNeeded;
import io.mistersmith.persistence.migration.internal.lock.MigratorLock.Turn;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Forward;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Outcome;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import io.mistersmith.persistence.migration.report.MigrationReport;
import io.mistersmith.persistence.migration.report.MigrationReport.Applied;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies what is pending. A database that is up to date is only read. */
public final class Apply {
  private static final Logger LOG = LoggerFactory.getLogger(Apply.class);

  private final MigrationContext context;
  private final Planner planner;
  private final Optional<ScriptId> target;

  public Apply(MigrationContext context, Planner planner, Optional<ScriptId> target) {
    this.context = context;
    this.planner = planner;
    this.target = target;
  }

  public MigrationPlan plan() {
    return context.plan(planner, target);
  }

  public MigrationReport run() {
    return underLock(
        done ->
            new MigrationReport(
                done.result().current(), done.result().current(), List.of(), done.waited()),
        (lock, plan) -> {
          Progress progress = new Progress();
          forward(lock, plan, progress);
          return new MigrationReport(
              plan.current(), progress.current(plan), progress.applied(), lock.waited());
        });
  }

  /**
   * Does work while the lock is held.
   *
   * @param upToDate makes the result where there is nothing to do
   * @param work gets the lock and what is pending
   */
  <T> T underLock(
      Function<NotNeeded<MigrationPlan>, T> upToDate,
      BiFunction<MigratorLock, MigrationPlan, T> work) {
    Turn<MigrationPlan> turn =
        MigratorLock.await(
            context.dataSource(),
            context.settings(),
            () ->
                Optional.of(planner.plan(context.readHistory(), target))
                    .filter(MigrationPlan::isUpToDate));
    if (turn instanceof NotNeeded<MigrationPlan> done) {
      return upToDate.apply(done);
    }
    try (MigratorLock lock = ((Held<MigrationPlan>) turn).lock()) {
      return work.apply(lock, prepare(lock));
    }
  }

  private MigrationPlan prepare(MigratorLock lock) {
    try (WorkConnection connections = new WorkConnection(context.dataSource()).keep()) {
      MigrationContext held = context.on(connections);
      List<HistoryEntry> entries = held.readHistory();
      held.check(planner, entries, planner.plan(entries, target));
      return planner.plan(held.prepare(lock), target);
    }
  }

  /**
   * Applies what is pending.
   *
   * @param progress receives each script, also one that fails
   */
  void forward(MigratorLock lock, MigrationPlan plan, Progress progress) {
    String versionBefore =
        "the database is at "
            + plan.current().map(MigrationVersion::toString).orElse("no version at all");
    try (ScriptExecutor executor = context.executor()) {
      for (Migration migration : plan.pending()) {
        lock.check(migration.toString());
        progress.begin(migration);
        Optional<Outcome> outcome = executor.run(new Forward(migration, versionBefore));
        progress.end(migration, outcome);
        outcome
            .map(Outcome::duration)
            .map(Duration::toMillis)
            .ifPresent(millis -> LOG.debug("Applied {} in {} ms.", migration, millis));
        versionBefore = "the database is at " + migration.id();
      }
    }
    logTotal(plan.current(), progress.current(plan), progress.applied());
  }

  private static void logTotal(
      Optional<MigrationVersion> before, Optional<MigrationVersion> after, List<Applied> applied) {
    if (!applied.isEmpty()) {
      LOG.info(
          "Applied {} migrations in {} ms: the schema went from {} to version {}.",
          applied.size(),
          applied.stream().mapToLong(one -> one.duration().toMillis()).sum(),
          before.map(version -> "version " + version).orElse("nothing"),
          after.map(MigrationVersion::toString).orElse("none"));
    }
  }
}
