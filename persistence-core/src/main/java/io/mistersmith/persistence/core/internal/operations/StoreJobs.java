package io.mistersmith.persistence.core.internal.operations;

import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlAccess;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Capacity;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.IntUnaryOperator;

/** The jobs that are calls of the durable store. */
public final class StoreJobs {

  private static final Duration FINISHED_FOR = Duration.ofDays(7);

  /** How long KV can be told again of a revoked session. */
  private static final Duration REVOKED_FOR = Duration.ofHours(1);

  private static final int BATCH = 500;
  private static final int MOST_BATCHES = 200;

  private static final String MONITORING = "the set of migrations monitoring, as of 1.12.0";

  private final SqlAccess sql;
  private final UpkeepStore upkeep;
  private final MonitoringConfig config;

  private StoreJobs(SqlAccess sql, MonitoringConfig config) {
    this.sql = sql;
    this.upkeep = sql.upkeep();
    this.config = config;
  }

  /** Returns the jobs, which run by statements of {@code background}. */
  public static List<UpkeepJob> of(SqlAccess background, MonitoringConfig config) {
    StoreJobs jobs = new StoreJobs(background, config);
    return List.of(
        jobs.sampleDatabase(),
        jobs.captureSlowStatements(),
        jobs.recommendIndexes(),
        jobs.purgeAudit(),
        jobs.expireSessions(),
        jobs.archiveTasks(),
        jobs.retention(),
        jobs.capacity());
  }

  private UpkeepJob sampleDatabase() {
    return new StoreJob(
        "sample_database",
        "Records the counters of the database, which alerts about rates are computed from.",
        Duration.ofMinutes(5),
        "the set of migrations monitoring",
        () -> upkeep.sampleDatabase().map(taken -> taken ? "a sample was taken" : "none was due"));
  }

  private UpkeepJob captureSlowStatements() {
    return new StoreJob(
        "capture_slow_statements",
        "Keeps the plans of statements that take longer than a second on average.",
        Duration.ofMinutes(10),
        "the set of migrations statements",
        () -> counted(upkeep.captureSlowStatements(), "plans were kept"));
  }

  private UpkeepJob recommendIndexes() {
    return new StoreJob(
        "recommend_indexes",
        "Recommends indexes that the statistics ask for, and withdraws what is out of date.",
        Duration.ofHours(6),
        "the set of migrations monitoring",
        () -> counted(upkeep.recommendIndexes(), "recommendations are new"));
  }

  private UpkeepJob purgeAudit() {
    return new StoreJob(
        "purge_audit",
        "Removes records of the audit log that are older than monitoring.auditRetention.",
        Duration.ofDays(1),
        "the set of migrations audit",
        () -> {
          OptionalLong removed = upkeep.purgeAudit(config.auditRetention());
          return removed.isPresent()
              ? Optional.of(removed.getAsLong() + " records were removed")
              : Optional.empty();
        });
  }

  private UpkeepJob expireSessions() {
    return new StoreJob(
        "expire_sessions",
        "Removes sessions that have expired, and those that were revoked an hour ago.",
        Duration.ofMinutes(5),
        "the right to change sessions",
        () ->
            inBatches(
                batch -> sql.sessions().removeEnded(REVOKED_FOR, batch), "sessions were removed"));
  }

  private UpkeepJob archiveTasks() {
    return new StoreJob(
        "archive_tasks",
        "Moves tasks that ended a week ago to tasks.archive.",
        Duration.ofHours(1),
        "the right to change tasks",
        () -> inBatches(batch -> sql.tasks().archive(FINISHED_FOR, batch), "tasks were archived"));
  }

  private UpkeepJob retention() {
    return new StoreJob(
        "retention",
        "Removes samples, plans and runs of jobs that are older than monitoring.retention.",
        Duration.ofDays(1),
        MONITORING,
        () ->
            upkeep.keepsRuns()
                ? inBatches(
                    batch -> upkeep.removeOld(config.retention(), batch).orElse(0),
                    "rows were removed")
                : Optional.empty());
  }

  private UpkeepJob capacity() {
    return new StoreJob(
        "capacity",
        "Records how large the database and its tables are.",
        Duration.ofHours(6),
        MONITORING,
        () -> upkeep.recordCapacity().map(StoreJobs::text));
  }

  private static String text(Capacity capacity) {
    String growth =
        capacity
            .since()
            .map(since -> ", " + size(capacity.grownBytes()) + " more than at " + since)
            .orElse("");
    String largest =
        capacity.largest().isEmpty()
            ? ""
            : "; the largest table is %s with %s"
                .formatted(capacity.largest(), size(capacity.largestBytes()));
    return "the database has " + size(capacity.bytes()) + growth + largest;
  }

  private static String size(long bytes) {
    return String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
  }

  private static Optional<String> counted(OptionalInt number, String what) {
    return number.isPresent() ? Optional.of(number.getAsInt() + " " + what) : Optional.empty();
  }

  /** Empty where the user has no rights, as one that does not use what is to be looked after. */
  private static Optional<String> inBatches(IntUnaryOperator work, String what) {
    long done = 0;
    try {
      int last = BATCH;
      for (int i = 0; i < MOST_BATCHES && last >= BATCH; i++) {
        last = work.applyAsInt(BATCH);
        done += last;
      }
    } catch (NonTransientPersistenceException e) {
      if (e.error() == DataError.ACCESS_DENIED && done == 0) {
        return Optional.empty();
      }
      throw e;
    }
    return Optional.of(done + " " + what);
  }
}
