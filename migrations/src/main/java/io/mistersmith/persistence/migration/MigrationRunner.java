package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.lint.Finding;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
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

  /** A runner of the bundled scripts with the default settings. */
  public static MigrationRunner of(DataSource dataSource) {
    return builder().dataSource(dataSource).build();
  }

  /** A runner to be set up. */
  public static Builder builder() {
    return new Builder();
  }

  /** The names of the optional sets that come with the library. */
  public static List<String> bundledSets() {
    return ScriptFolder.bundledSets();
  }

  /**
   * What {@link #apply()} would do now. Reads only, and takes no lock.
   *
   * @throws MigrationException when scripts and history do not fit together, or the database cannot
   *     be asked
   */
  public MigrationPlan plan() {
    return new Apply(context, planner, Optional.empty()).plan();
  }

  /**
   * What {@link #applyTo(ScriptId)} would do now. Reads only, and takes no lock.
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
   * @throws MigrationException when somebody else migrates for longer than the time to wait, when
   *     scripts and history do not fit together, when a set without history finds objects that it
   *     would create, or when a script fails; what was applied before it stays
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
   * Takes back what its set has above a version; the version itself stays. The rows of the history
   * stay too, and say so. Data in what is taken back is gone.
   *
   * @param target a version that is applied, or {@link MigrationVersion#NONE} of a set
   * @throws MigrationException before anything is done when a version has no way back, or another
   *     set's depends on it; else as {@link #apply()} does
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
   * locked meanwhile as by the real thing. What only works over several transactions, such as a new
   * value of an enum that a later version uses, fails here.
   *
   * @param target the version to go to; empty for all
   * @throws MigrationException when a script would fail, and as {@link #apply()} does
   */
  public DryRunReport dryRun(Optional<ScriptId> target) {
    return new DryRun(context, planner, target).run();
  }

  /**
   * What the pending scripts lock, risk, and take as far as the history can tell. Reads only.
   *
   * @param target the version to go to; empty for all
   * @throws MigrationException as {@link #plan()} does
   */
  public List<PlannedMigration> forecast(Optional<ScriptId> target) {
    MigrationPlan plan = context.plan(planner, target);
    return new Forecast(planner.order(), context.readHistory()).of(plan.pending());
  }

  /**
   * What the lint rules speak against in the scripts, forward and back. Asks no database.
   *
   * @return by script; empty when all are clean or exempt
   */
  public List<Finding> lint() {
    return new Forecast(planner.order(), List.of()).lint();
  }

  /**
   * Every version that the scripts or the history know. Reads only.
   *
   * @throws MigrationException when the database cannot be asked
   */
  public List<VersionInfo> info() {
    return Inventory.of(planner.order(), context.readHistory());
  }

  /**
   * Compares scripts, history and catalog, and notes the results in migrations.validation_results
   * where that table is there.
   *
   * @throws MigrationException when the database cannot be asked
   */
  public ValidationReport validate() {
    return new Validation(context, planner).run();
  }

  /**
   * Tries every way back on a scratch database, which is made beside this one and dropped in the
   * end: each version is applied, tables get rows, the version is taken back and applied again, and
   * the catalogs are compared. Notes the results in migrations.validation_results where that table
   * is there; changes nothing else here.
   *
   * @param databases gives access to a database of the same server by its name
   * @throws MigrationException when the scratch database cannot be made, as for lack of CREATEDB,
   *     or a script fails forward
   */
  public VerificationReport verifyRollback(Function<String, DataSource> databases) {
    return new RollbackVerification(context, planner, databases).run();
  }

  /**
   * Marks as failed what a migrator that died left running, and drops the invalid indexes that
   * scripts left that are no transaction and not applied.
   *
   * @param acceptChangedScripts whether scripts that were changed after they were applied are to be
   *     taken for what was applied
   * @throws MigrationException as {@link #apply()} does
   */
  public RepairReport repair(boolean acceptChangedScripts) {
    return new Repair(context, planner, acceptChangedScripts).run();
  }

  /**
   * Notes a version, those below it in its set, and what they depend on as applied, without running
   * them: for a database that was made by other means.
   *
   * @return what was noted
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

    /** Where the database is; must be set. Its user must own what the scripts change. */
    public Builder dataSource(DataSource newDataSource) {
      dataSource = newDataSource;
      return this;
    }

    /**
     * A folder with scripts to apply in place of the bundled core set. They must qualify every name
     * with its schema.
     */
    public Builder scripts(Path newFolder) {
      folder = newFolder;
      return this;
    }

    /**
     * Optional sets of scripts that come with the library, to be applied behind the core set.
     *
     * @throws MigrationException when there is none of a name; the message lists those there are
     */
    public Builder sets(String... names) {
      for (String name : names) {
        sets.add(ScriptFolder.bundled(name));
      }
      return this;
    }

    /**
     * A set of scripts from a folder, such as one of your own, to be applied behind the core set.
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

    /** How long to wait for another migrator; 5 minutes by default, zero not to wait. */
    public Builder lockWait(Duration lockWait) {
      settings = settings.withLockWait(lockWait);
      return this;
    }

    /**
     * How long a statement may wait for a table's lock before its script gives way, and how often a
     * script is tried; 3 seconds and 20 times by default.
     */
    public Builder tableLocks(Duration timeout, int attempts) {
      settings = settings.withTableLocks(timeout, attempts);
      return this;
    }

    /** How long a statement of a script may run; 30 minutes by default. */
    public Builder statementTimeout(Duration statementTimeout) {
      settings = settings.withStatementTimeout(statementTimeout);
      return this;
    }

    /** What the history notes of where and for what the scripts were applied; empty by default. */
    public Builder note(String environment, String applicationVersion) {
      settings = settings.withNote(environment, applicationVersion);
      return this;
    }

    /**
     * The runner.
     *
     * @throws MigrationException when a script cannot be read
     */
    public MigrationRunner build() {
      DataSource source =
          Objects.requireNonNull(
              dataSource, "dataSource is not set: call dataSource(…) with the database to migrate");
      Path from = folder;
      List<MigrationSet> all = new ArrayList<>();
      all.add(
          new MigrationSet(
              ScriptId.CORE, from == null ? ScriptFolder.bundled() : ScriptFolder.of(from)));
      all.addAll(sets);
      return new MigrationRunner(new MigrationContext(source, all, settings));
    }
  }
}
