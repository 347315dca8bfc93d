package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.internal.jdbc.RunnerSettings;
import io.mistersmith.persistence.migration.internal.plan.Forecast;
import io.mistersmith.persistence.migration.internal.plan.Inventory;
import io.mistersmith.persistence.migration.internal.plan.Planner;
import io.mistersmith.persistence.migration.internal.plan.RollbackPlanner;
import io.mistersmith.persistence.migration.internal.run.Apply;
import io.mistersmith.persistence.migration.internal.run.Baseline;
import io.mistersmith.persistence.migration.internal.run.DryRun;
import io.mistersmith.persistence.migration.internal.run.MigrationContext;
import io.mistersmith.persistence.migration.internal.run.Repair;
import io.mistersmith.persistence.migration.internal.run.Rollback;
import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.internal.script.ScriptFolder;
import io.mistersmith.persistence.migration.internal.verify.RollbackVerification;
import io.mistersmith.persistence.migration.internal.verify.Validation;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationVersion;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.model.ScriptSet;
import io.mistersmith.persistence.migration.report.DryRunReport;
import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.MigrationPlan;
import io.mistersmith.persistence.migration.report.MigrationReport;
import io.mistersmith.persistence.migration.report.PlannedMigration;
import io.mistersmith.persistence.migration.report.RepairReport;
import io.mistersmith.persistence.migration.report.RollbackReport;
import io.mistersmith.persistence.migration.report.ValidationReport;
import io.mistersmith.persistence.migration.report.VerificationReport;
import io.mistersmith.persistence.migration.report.VersionInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Brings a database to the latest version. Any number of processes may call {@link #apply()} at
 * once: one applies, the others wait and find it done.
 *
 * <p>Each version is applied in a transaction of its own, together with its row in
 * migrations.applied_migrations; whatever cuts a migration off, the database is left at a whole
 * version, and the next call goes on from there. A database that is up to date is only read.
 *
 * <p>Works on PostgreSQL 15 to 18, through two connections at most at a time. Not through PgBouncer
 * in transaction mode, which breaks the lock that keeps migrators apart: the runner notices and
 * stops. Immutable and thread-safe.
 */
public final class MigrationRunner {
  private final MigrationContext context;
  private final Planner planner;

  private MigrationRunner(MigrationContext context) {
    this.context = context;
    this.planner = context.planner();
  }

  /** Returns a runner of the core set with the default settings. */
  public static MigrationRunner of(DataSource dataSource) {
    return builder().dataSource(dataSource).build();
  }

  /** Starts the setup of a runner. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The sets of scripts that come with the library: the core set, which is always applied, and
   * those that {@link Builder#sets(String...)} adds to it. Each is listed behind those that it
   * depends on.
   */
  public static List<ScriptSet> bundledSets() {
    return BundledSets.list();
  }

  /** Returns the ids of the scripts of {@link #bundledSets()}, in no order. Reads no database. */
  public static Set<ScriptId> bundledScripts() {
    return BundledSets.ids();
  }

  /**
   * Returns what {@link #apply()} would do now. Reads only, and takes no lock.
   *
   * @throws MigrationException when scripts and history do not match, or the database cannot be
   *     queried
   */
  public MigrationPlan plan() {
    return new Apply(context, planner, Optional.empty()).plan();
  }

  /**
   * Returns what {@link #applyTo(ScriptId)} would do now. Reads only, and takes no lock.
   *
   * @throws MigrationException as {@link #plan()} does, and when there is no script of the version
   */
  public MigrationPlan planTo(ScriptId target) {
    return new Apply(context, planner, Optional.of(target)).plan();
  }

  /**
   * Applies what is pending, in order.
   *
   * @return what this call did
   * @throws MigrationException when another migrator runs for longer than the time to wait, when
   *     scripts and history do not match, when objects exist that a set without history would
   *     create, or when a script fails; the versions applied before it remain
   */
  public MigrationReport apply() {
    return new Apply(context, planner, Optional.empty()).run();
  }

  /**
   * Applies what is pending up to a version: it, the versions below it in its set, and what they
   * depend on.
   *
   * @throws MigrationException as {@link #apply()} does, and when there is no script of the version
   */
  public MigrationReport applyTo(ScriptId target) {
    return new Apply(context, planner, Optional.of(target)).run();
  }

  /**
   * Takes back the versions of a set above the given one, which stays applied. Their rows stay in
   * the history, marked as rolled back. Data in the objects that are dropped is lost.
   *
   * @param target a version that is applied, or {@link MigrationVersion#NONE} of a set
   * @throws MigrationException before anything is done when a version has no rollback script, or a
   *     version of another set depends on it; else as {@link #apply()} does
   */
  public RollbackReport rollbackTo(ScriptId target) {
    return new Rollback(context, planner, rollbacks -> rollbacks.downTo(target)).run();
  }

  /**
   * Takes back the version that was applied last.
   *
   * @throws MigrationException as {@link #rollbackTo(ScriptId)} does
   */
  public RollbackReport rollbackLast() {
    return new Rollback(context, planner, RollbackPlanner::last).run();
  }

  /**
   * Runs what is pending in one transaction and rolls it back, so that errors show. Tables are
   * locked meanwhile as by apply. Scripts that need several transactions, such as one that uses an
   * enum value that an earlier one adds, fail here.
   *
   * @param target the version to go to; empty for all
   * @throws MigrationException when a script would fail, and as {@link #apply()} does
   */
  public DryRunReport dryRun(Optional<ScriptId> target) {
    return new DryRun(context, planner, target).run();
  }

  /**
   * Returns the pending scripts with their locks, risk, and duration as far as the history has one.
   * Reads only.
   *
   * @param target the version to go to; empty for all
   * @throws MigrationException as {@link #plan()} does
   */
  public List<PlannedMigration> forecast(Optional<ScriptId> target) {
    MigrationPlan plan = context.plan(planner, target);
    return new Forecast(planner.order(), context.readHistory()).of(plan.pending());
  }

  /**
   * Checks the scripts, forward and back, by the lint rules. Uses no database.
   *
   * @return by script; empty when all are clean or exempt
   */
  public List<Finding> lint() {
    return new Forecast(planner.order(), List.of()).lint();
  }

  /**
   * Lists every version that the scripts or the history have. Reads only.
   *
   * @throws MigrationException when the database cannot be queried
   */
  public List<VersionInfo> info() {
    return Inventory.of(planner.order(), context.readHistory());
  }

  /**
   * Compares scripts, history and catalog, and notes the results in migrations.validation_results
   * where that table is there.
   *
   * @throws MigrationException when the database cannot be queried
   */
  public ValidationReport validate() {
    return new Validation(context, planner).run();
  }

  /**
   * Tries every rollback on a scratch database, which is created beside this one and dropped in the
   * end: each version is applied, tables get rows, the version is taken back and applied again, and
   * the catalogs are compared. Notes the results in migrations.validation_results where that table
   * exists; changes nothing else in this database.
   *
   * @param databases gives access to a database of the same server by its name
   * @throws MigrationException when the scratch database cannot be made, as for lack of CREATEDB,
   *     or a script fails forward
   */
  public VerificationReport verifyRollback(Function<String, DataSource> databases) {
    return new RollbackVerification(context, planner, databases).run();
  }

  /**
   * Marks as failed the versions that a dead migrator left running, and drops the invalid indexes
   * that unfinished scripts without a transaction left.
   *
   * @param acceptChangedScripts whether to accept scripts that were changed after they were applied
   * @throws MigrationException as {@link #apply()} does
   */
  public RepairReport repair(boolean acceptChangedScripts) {
    return new Repair(context, planner, acceptChangedScripts).run();
  }

  /**
   * Records a version, those below it in its set, and those that they depend on as applied, without
   * running them: for a database that another tool created.
   *
   * @return the versions that were recorded
   * @throws MigrationException when the set has a history already, and as {@link #apply()} does
   */
  public List<ScriptId> baseline(ScriptId target) {
    return new Baseline(context, planner, target).run();
  }

  /** Sets a {@link MigrationRunner} up. Not thread-safe. */
  public static final class Builder {
    private @Nullable DataSource dataSource;
    private @Nullable Path folder;
    private final List<MigrationSet> sets = new ArrayList<>();
    private RunnerSettings settings = RunnerSettings.DEFAULTS;

    private Builder() {}

    /** Sets the database; required. Its user must own the objects that the scripts change. */
    public Builder dataSource(DataSource newDataSource) {
      dataSource = newDataSource;
      return this;
    }

    /**
     * Sets a folder with scripts to apply in place of the bundled core set. They must qualify every
     * name with its schema.
     */
    public Builder scripts(Path newFolder) {
      folder = newFolder;
      return this;
    }

    /**
     * Adds sets of scripts that come with the library; the core set is applied without being named.
     * Their order does not matter: each is applied behind those that it depends on, which must be
     * selected too.
     *
     * @throws MigrationException when there is none of a name; the message lists those there are
     */
    public Builder sets(String... names) {
      for (String name : names) {
        if (!name.equals(ScriptId.CORE)) {
          sets.add(BundledSets.read(name));
        }
      }
      return this;
    }

    /**
     * Adds a set of scripts from a folder, such as one of your own, applied behind the core set.
     *
     * @param name what the history calls it; {@code core} is taken
     * @throws MigrationException when a script cannot be read
     */
    public Builder set(String name, Path folder) {
      if (name.equals(ScriptId.CORE)) {
        throw new IllegalArgumentException("set is 'core': use scripts(…) to replace that one");
      }
      sets.add(ScriptFolder.of(name, folder));
      return this;
    }

    /** Sets how long to wait for another migrator; 5 minutes by default, zero not to wait. */
    public Builder lockWait(Duration lockWait) {
      settings = settings.withLockWait(lockWait);
      return this;
    }

    /**
     * Sets how long a statement may wait for a table's lock before its script is rolled back, and
     * how often a script is tried; 3 seconds and 20 times by default.
     */
    public Builder tableLocks(Duration timeout, int attempts) {
      settings = settings.withTableLocks(timeout, attempts);
      return this;
    }

    /** Sets how long a statement of a script may run; 30 minutes by default. */
    public Builder statementTimeout(Duration statementTimeout) {
      settings = settings.withStatementTimeout(statementTimeout);
      return this;
    }

    /**
     * Sets the environment and the application's version that the history notes; empty by default.
     */
    public Builder note(String environment, String applicationVersion) {
      settings = settings.withNote(environment, applicationVersion);
      return this;
    }

    /**
     * Returns the runner.
     *
     * @throws MigrationException when a script cannot be read, or a set needs another one that was
     *     not selected
     */
    public MigrationRunner build() {
      DataSource source =
          Objects.requireNonNull(
              dataSource, "dataSource is not set: call dataSource(…) with the database to migrate");
      Path from = folder;
      List<MigrationSet> all = new ArrayList<>();
      all.add(from == null ? BundledSets.core() : ScriptFolder.of(ScriptId.CORE, from));
      all.addAll(sets);
      return new MigrationRunner(new MigrationContext(source, all, settings));
    }
  }
}
