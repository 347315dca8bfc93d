package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.spi.sql.UpkeepStore.Turn;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** The tables {@code monitoring.jobs} and {@code monitoring.job_runs}. */
final class JobRuns {

  /** The row of the job is locked until the end, so that one of several sessions begins a run. */
  private static final String BEGIN =
      """
      WITH begun AS (
        INSERT INTO monitoring.jobs AS j (job_name, started_at)
        VALUES (:job, clock_timestamp())
        ON CONFLICT (job_name) DO UPDATE
           SET started_at = excluded.started_at
         WHERE j.started_at <= excluded.started_at - :every * INTERVAL '1 microsecond'
        RETURNING j.started_at
      ), given_up AS (
        UPDATE monitoring.job_runs
           SET took = greatest(clock_timestamp() - started_at, INTERVAL '0'),
               outcome = 'failed',
               detail = 'its runtime ended during this run'
         WHERE job_name = :job AND outcome IS NULL AND EXISTS (SELECT FROM begun)
      )
      INSERT INTO monitoring.job_runs (job_name, runtime, started_at)
      SELECT :job, :runtime, begun.started_at
        FROM begun
      RETURNING run_id
      """;

  private static final String DUE =
      """
      SELECT greatest(
               0, :every + extract(EPOCH FROM started_at - clock_timestamp()) * 1000000)::bigint
        FROM monitoring.jobs
       WHERE job_name = :job
      """;

  private static final String END =
      """
      UPDATE monitoring.job_runs
         SET took = :took * INTERVAL '1 microsecond', outcome = :outcome, detail = :detail
       WHERE run_id = :run
      """;

  private static final String COLUMNS =
      """
      r.job_name, r.runtime, r.started_at, (extract(EPOCH FROM r.took) * 1000000)::bigint AS took,
      r.outcome, r.detail
      """;

  private static final String LATEST =
      "SELECT "
          + COLUMNS
          + """
            FROM monitoring.jobs AS j
           CROSS JOIN LATERAL (SELECT *
                                 FROM monitoring.job_runs AS o
                                WHERE o.job_name = j.job_name AND o.outcome IS NOT NULL
                                ORDER BY o.started_at DESC
                                LIMIT 1) AS r
          """;

  private static final String RUNS =
      "SELECT "
          + COLUMNS
          + """
            FROM monitoring.job_runs AS r
           WHERE r.job_name = :job AND r.outcome IS NOT NULL
           ORDER BY r.started_at DESC
           LIMIT :most
          """;

  Turn begin(Handle handle, String job, String runtime, Duration every) {
    Optional<UUID> run =
        handle
            .createQuery(BEGIN)
            .bind("job", job)
            .bind("runtime", runtime)
            .bind("every", micros(every))
            .mapTo(UUID.class)
            .findOne();
    return new Turn(run, run.isPresent() ? every : due(handle, job, every));
  }

  private static Duration due(Handle handle, String job, Duration every) {
    return handle
        .createQuery(DUE)
        .bind("job", job)
        .bind("every", micros(every))
        .mapTo(Long.class)
        .findOne()
        .map(left -> Duration.ofNanos(left * 1_000))
        .orElse(Duration.ZERO);
  }

  void end(Handle handle, UUID run, Duration took, Outcome outcome, String detail) {
    int unused =
        handle
            .createUpdate(END)
            .bind("run", run)
            .bind("took", micros(took))
            .bind("outcome", outcome.name().toLowerCase(Locale.ROOT))
            .bind("detail", detail.replace('\0', ' '))
            .execute();
  }

  List<Run> latest(Handle handle) {
    return handle.createQuery(LATEST).map(JobRuns::run).list();
  }

  List<Run> runs(Handle handle, String job, int most) {
    return handle.createQuery(RUNS).bind("job", job).bind("most", most).map(JobRuns::run).list();
  }

  private static Run run(ResultSet row, StatementContext context) throws SQLException {
    return new Run(
        row.getString("job_name"),
        row.getString("runtime"),
        SqlTime.get(row, "started_at"),
        Duration.ofNanos(row.getLong("took") * 1_000),
        Outcome.valueOf(row.getString("outcome").toUpperCase(Locale.ROOT)),
        row.getString("detail"));
  }

  private static long micros(Duration duration) {
    return duration.toNanos() / 1_000;
  }
}
