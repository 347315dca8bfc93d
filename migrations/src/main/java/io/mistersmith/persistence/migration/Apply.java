package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.MigrationReport.Applied;
import io.mistersmith.persistence.migration.MigratorLock.Held;
import io.mistersmith.persistence.migration.MigratorLock.NotNeeded;
import io.mistersmith.persistence.migration.MigratorLock.Turn;
import io.mistersmith.persistence.migration.ScriptTask.Forward;
import io.mistersmith.persistence.migration.ScriptTask.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Applies what is pending. A database that is up to date is only read. */
final class Apply {
  private static final Logger LOG = LoggerFactory.getLogger(Apply.class);

  private final MigrationContext context;
  private final Planner planner;
  private final Optional<ScriptId> target;

  Apply(MigrationContext context, Planner planner, Optional<ScriptId> target) {
    this.context = context;
    this.planner = planner;
    this.target = target;
  }

  MigrationPlan plan() {
    return context.plan(planner, target);
  }

  MigrationReport run() {
    Turn<MigrationPlan> turn =
        MigratorLock.await(
            context.dataSource(),
            context.settings(),
            () ->
                Optional.of(planner.plan(context.readHistory(), target))
                    .filter(MigrationPlan::isUpToDate));
    if (turn instanceof NotNeeded<MigrationPlan> done) {
      Optional<MigrationVersion> current = done.result().current();
      return new MigrationReport(current, current, List.of(), done.waited());
    }
    try (MigratorLock lock = ((Held<MigrationPlan>) turn).lock()) {
      return runUnder(lock);
    }
  }

  private MigrationReport runUnder(MigratorLock lock) {
    List<HistoryEntry> entries = context.readHistory();
    context.check(planner, entries, planner.plan(entries, target));
    MigrationPlan plan = planner.plan(context.prepare(lock), target);
    ScriptExecutor executor = context.executor();
    List<Applied> applied = new ArrayList<>();
    Optional<MigrationVersion> current = plan.current();
    String standing =
        "the database is at " + current.map(MigrationVersion::toString).orElse("no version at all");
    for (Migration migration : plan.pending()) {
      lock.check(migration.toString());
      Optional<Outcome> outcome = executor.run(new Forward(migration, standing));
      outcome.ifPresent(o -> applied.add(new Applied(migration, o.duration(), o.attempts())));
      outcome
          .map(Outcome::duration)
          .map(Duration::toMillis)
          .ifPresent(millis -> LOG.debug("Applied {} in {} ms.", migration, millis));
      current = migration.id().isCore() ? Optional.of(migration.version()) : current;
      standing = "the database is at " + migration.id();
    }
    logTotal(plan.current(), current, applied);
    return new MigrationReport(plan.current(), current, applied, lock.waited());
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
