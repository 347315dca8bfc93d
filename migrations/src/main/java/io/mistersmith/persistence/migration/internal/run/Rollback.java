package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.lock.MigratorLock;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.plan.RollbackPlanner;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Back;
import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Outcome;
import io.mistersmith.persistence.migration.report.RollbackReport;
import io.mistersmith.persistence.migration.report.RollbackReport.RolledBack;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes versions back; their rows in the history stay. */
public final class Rollback {
  private static final Logger LOG = LoggerFactory.getLogger(Rollback.class);

  private final MigrationContext context;
  private final Planner planner;
  private final Function<RollbackPlanner, List<Back>> choice;

  public Rollback(
      MigrationContext context, Planner planner, Function<RollbackPlanner, List<Back>> choice) {
    this.context = context;
    this.planner = planner;
    this.choice = choice;
  }

  public RollbackReport run() {
    try (MigratorLock lock = MigratorLock.await(context.dataSource(), context.settings());
        ScriptExecutor executor = context.executor()) {
      RollbackPlanner rollbacks = new RollbackPlanner(planner.order(), context.prepare(lock));
      List<RolledBack> rolledBack = new ArrayList<>();
      for (Back back : choice.apply(rollbacks)) {
        lock.check(back.file());
        Optional<Outcome> outcome = executor.run(back);
        outcome.ifPresent(
            o -> {
              LOG.info("Took {} back by {}.", back.id(), back.file());
              rolledBack.add(new RolledBack(back.id(), back.file(), o.duration(), o.attempts()));
            });
      }
      return new RollbackReport(rolledBack, lock.waited());
    }
  }
}
