package io.mistersmith.persistence.migration.internal.run;

import io.mistersmith.persistence.migration.internal.plan.ScriptTask.Outcome;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import io.mistersmith.persistence.migration.report.MigrationReport.Applied;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** How far a call has come. Not thread-safe. */
final class Progress {
  private final List<Applied> applied = new ArrayList<>();
  private final List<Migration> done = new ArrayList<>();
  private Optional<Migration> running = Optional.empty();

  /** Notes that a script begins. */
  void begin(Migration migration) {
    running = Optional.of(migration);
  }

  /**
   * Notes that a script is done.
   *
   * @param outcome empty where its commit was not answered, or another migrator did it
   */
  void end(Migration migration, Optional<Outcome> outcome) {
    running = Optional.empty();
    done.add(migration);
    outcome.ifPresent(o -> applied.add(new Applied(migration, o.duration(), o.attempts())));
  }

  /** What this call applied, with its costs. */
  List<Applied> applied() {
    return List.copyOf(applied);
  }

  /** The scripts that are done, in order. */
  List<Migration> done() {
    return List.copyOf(done);
  }

  /** The script that began and is not done. */
  Optional<Migration> running() {
    return running;
  }

  /** The highest version of the core set that is applied. */
  Optional<MigrationVersion> current(MigrationPlan plan) {
    return highest(done).or(plan::current);
  }

  /** The highest version of the core set in a list. */
  static Optional<MigrationVersion> highest(List<Migration> migrations) {
    return migrations.stream()
        .filter(migration -> migration.id().isCore())
        .map(Migration::version)
        .max(Comparator.naturalOrder());
  }
}
