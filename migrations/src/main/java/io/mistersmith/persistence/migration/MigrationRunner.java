package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.MigrationException.Kind;
import io.mistersmith.persistence.migration.MigrationReport.Applied;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
  private static final Logger LOG = LoggerFactory.getLogger(MigrationRunner.class);

  private final DataSource dataSource;
  private final RunnerSettings settings;
  private final Planner planner;
  private final HistoryTable history;
  private final Transaction transaction;

  private MigrationRunner(DataSource dataSource, List<ScriptSet> sets, RunnerSettings settings) {
    this.dataSource = dataSource;
    this.settings = settings;
    this.planner = new Planner(sets);
    this.history = new HistoryTable(settings);
    this.transaction = new Transaction(dataSource, settings);
  }

  /** A runner of the bundled scripts with the default settings. */
  public static MigrationRunner of(DataSource dataSource) {
    return builder().dataSource(dataSource).build();
  }

  /** A runner to be set up. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * What {@link #apply()} would do now. Reads only, and takes no lock.
   *
   * @throws MigrationException when scripts and history do not fit together, or the database cannot
   *     be asked
   */
  public MigrationPlan plan() {
    try {
      return planner.plan(transaction.run(history::read));
    } catch (SQLException e) {
      throw MigrationException.of("Could not read the history of migrations", e);
    }
  }

  /**
   * Applies what is pending, in order.
   *
   * @return what this call did
   * @throws MigrationException when somebody else migrates for longer than the time to wait, when
   *     scripts and history do not fit together, or when a script fails; what was applied before it
   *     stays
   */
  public MigrationReport apply() {
    long start = System.nanoTime();
    Backoff backoff = new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1));
    while (true) {
      MigrationPlan plan = plan();
      if (plan.isUpToDate()) {
        return new MigrationReport(plan.current(), plan.current(), List.of(), since(start));
      }
      Optional<AdvisoryLock> acquired = tryLock(start);
      if (acquired.isPresent()) {
        try (AdvisoryLock lock = acquired.get()) {
          return applyUnder(lock, since(start));
        }
      }
      backoff.pause("another migrator");
    }
  }

  /** The lock, or nothing while there is time to try again. */
  private Optional<AdvisoryLock> tryLock(long start) {
    try {
      Optional<AdvisoryLock> lock = AdvisoryLock.tryAcquire(dataSource);
      if (lock.isEmpty() && since(start).compareTo(settings.lockWait()) >= 0) {
        throw locked();
      }
      return lock;
    } catch (SQLException e) {
      throw MigrationException.of("Could not take the migration lock", e);
    }
  }

  private MigrationReport applyUnder(AdvisoryLock lock, Duration waited) {
    MigrationPlan plan = planUnderLock();
    ScriptExecutor executor =
        new ScriptExecutor(transaction, history, settings.tableLockAttempts());
    List<Applied> applied = new ArrayList<>();
    Optional<MigrationVersion> current = plan.current();
    for (Migration migration : plan.pending()) {
      checkHeld(lock, migration);
      Optional<Applied> done = executor.apply(migration);
      done.ifPresent(a -> LOG.info("Applied {} in {} ms.", migration, a.duration().toMillis()));
      done.ifPresent(applied::add);
      current = migration.id().isCore() ? Optional.of(migration.version()) : current;
    }
    return new MigrationReport(plan.current(), current, applied, waited);
  }

  /** Makes the history where it is missing, and plans by what it says now. */
  private MigrationPlan planUnderLock() {
    try {
      return transaction.run(
          connection -> {
            MigrationTables.create(connection);
            return planner.plan(history.read(connection));
          });
    } catch (SQLException e) {
      throw MigrationException.of("Could not prepare the history of migrations", e);
    }
  }

  private static void checkHeld(AdvisoryLock lock, Migration migration) {
    try {
      if (!lock.isHeld()) {
        throw new MigrationException(
            Kind.DATABASE_UNAVAILABLE,
            "The migration lock was lost before script "
                + migration
                + ": apply again, and not through a proxy that shares sessions, such as PgBouncer"
                + " in transaction mode");
      }
    } catch (SQLException e) {
      throw MigrationException.of("Could not check the migration lock", e);
    }
  }

  private MigrationException locked() throws SQLException {
    return new MigrationException(
        Kind.LOCKED,
        "The migration lock is held by %s and was not given back within %s; wait for it to finish,"
                .formatted(AdvisoryLock.describeHolder(dataSource), settings.lockWait())
            + " or end it with pg_terminate_backend");
  }

  private static Duration since(long start) {
    return Duration.ofNanos(System.nanoTime() - start);
  }

  /** Sets a {@link MigrationRunner} up. Not thread-safe. */
  public static final class Builder {
    private @Nullable DataSource dataSource;
    private @Nullable Path folder;
    private final List<ScriptSet> sets = new ArrayList<>();
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
      settings =
          new RunnerSettings(
              lockWait,
              settings.tableLockTimeout(),
              settings.tableLockAttempts(),
              settings.statementTimeout(),
              settings.environment(),
              settings.applicationVersion());
      return this;
    }

    /**
     * How long a statement may wait for a table's lock before its script gives way, and how often a
     * script is tried; 3 seconds and 20 times by default.
     */
    public Builder tableLocks(Duration timeout, int attempts) {
      settings =
          new RunnerSettings(
              settings.lockWait(),
              timeout,
              attempts,
              settings.statementTimeout(),
              settings.environment(),
              settings.applicationVersion());
      return this;
    }

    /** How long a statement of a script may run; 30 minutes by default. */
    public Builder statementTimeout(Duration statementTimeout) {
      settings =
          new RunnerSettings(
              settings.lockWait(),
              settings.tableLockTimeout(),
              settings.tableLockAttempts(),
              statementTimeout,
              settings.environment(),
              settings.applicationVersion());
      return this;
    }

    /** What the history notes of where and for what the scripts were applied; empty by default. */
    public Builder note(String environment, String applicationVersion) {
      settings =
          new RunnerSettings(
              settings.lockWait(),
              settings.tableLockTimeout(),
              settings.tableLockAttempts(),
              settings.statementTimeout(),
              environment,
              applicationVersion);
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
      List<ScriptSet> all = new ArrayList<>();
      all.add(
          new ScriptSet(
              ScriptId.CORE, from == null ? ScriptFolder.bundled() : ScriptFolder.of(from)));
      all.addAll(sets);
      return new MigrationRunner(source, all, settings);
    }
  }
}
