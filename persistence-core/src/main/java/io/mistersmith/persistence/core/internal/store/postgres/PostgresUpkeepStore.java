package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.operations.Upkeep.Outcome;
import io.mistersmith.persistence.operations.Upkeep.Run;
import io.mistersmith.persistence.spi.sql.UpkeepStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/** The functions of the sets {@code monitoring}, {@code statements} and {@code audit}. */
final class PostgresUpkeepStore implements UpkeepStore {

  /** Of the catalog alone, so that it needs no right on the schema. */
  private static final String HAS_FUNCTION =
      """
      SELECT EXISTS (
        SELECT
          FROM pg_catalog.pg_proc AS p
          JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
         WHERE n.nspname = :schema AND p.proname = :name)
      """;

  private static final String SAMPLE = "SELECT monitoring.record_database_sample()";

  private static final String CAPTURE = "SELECT monitoring.auto_capture_slow_queries()";

  private static final String RECOMMEND = "SELECT monitoring.generate_index_recommendations()";

  private static final String PURGE = "SELECT audit.purge_months(:days)";

  /** Each table by an index on its time. */
  private static final String REMOVE_OLD =
      """
      WITH runs AS (
        DELETE FROM monitoring.job_runs
         WHERE run_id IN (SELECT run_id
                            FROM monitoring.job_runs
                           WHERE started_at < now() - :age * INTERVAL '1 microsecond'
                           ORDER BY started_at
                           LIMIT :limit)
        RETURNING 1
      ), plans AS (
        DELETE FROM monitoring.query_plans
         WHERE plan_id IN (SELECT plan_id
                             FROM monitoring.query_plans
                            WHERE captured_at < now() - :age * INTERVAL '1 microsecond'
                            ORDER BY captured_at
                            LIMIT :limit)
        RETURNING 1
      ), counters AS (
        DELETE FROM monitoring.database_samples
         WHERE sampled_at IN (SELECT sampled_at
                                FROM monitoring.database_samples
                               WHERE sampled_at < now() - :age * INTERVAL '1 microsecond'
                               ORDER BY sampled_at
                               LIMIT :limit)
        RETURNING 1
      ), sizes AS (
        DELETE FROM monitoring.capacity_samples
         WHERE (sampled_at, table_name) IN (
                 SELECT sampled_at, table_name
                   FROM monitoring.capacity_samples
                  WHERE sampled_at < now() - :age * INTERVAL '1 microsecond'
                  ORDER BY sampled_at
                  LIMIT :limit)
        RETURNING 1
      )
      SELECT (SELECT count(*) FROM runs) + (SELECT count(*) FROM plans)
             + (SELECT count(*) FROM counters) + (SELECT count(*) FROM sizes)
      """;

  private static final String RECORD_CAPACITY = "SELECT monitoring.record_capacity()";

  private static final String CAPACITY =
      """
      SELECT d.total_bytes, coalesce(d.grown_bytes, 0) AS grown_bytes, d.since,
             coalesce(t.table_name, '') AS largest, coalesce(t.total_bytes, 0) AS largest_bytes
        FROM monitoring.capacity_growth() AS d
        LEFT JOIN LATERAL (SELECT g.table_name, g.total_bytes
                             FROM monitoring.capacity_growth() AS g
                            WHERE g.table_name <> ''
                            LIMIT 1) AS t ON TRUE
       WHERE d.table_name = ''
      """;

  private static final String PING = "SELECT 1";

  /** Up to the first gap from now on. */
  private static final String PARTITIONS =
      """
      SELECT s.parent_schema || '.' || s.parent_table AS name, u.until > now() AS present,
             (SELECT count(*)
                FROM partitions.bounds(c.oid) AS b
               WHERE NOT b.is_default AND b.from_at > now() AND b.to_at <= u.until) AS ahead,
             s.ahead AS wanted
        FROM partitions.settings AS s
        JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.parent_schema
        JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = s.parent_table
       CROSS JOIN LATERAL (SELECT min(g.from_at) AS until
                             FROM partitions.gaps(c.oid, now(), 'infinity') AS g) AS u
       ORDER BY 1
      """;

  private final Statements statements;
  private final JobRuns runs = new JobRuns();

  PostgresUpkeepStore(Statements statements) {
    this.statements = statements;
  }

  @Override
  public boolean keepsRuns() {
    return has("monitoring", "record_capacity");
  }

  private boolean has(String schema, String function) {
    return statements.read(
        "look for " + schema + "." + function,
        handle ->
            handle
                .createQuery(HAS_FUNCTION)
                .bind("schema", schema)
                .bind("name", function)
                .mapTo(Boolean.class)
                .one());
  }

  @Override
  public Turn begin(String job, String runtime, Duration every) {
    return statements.write(
        "begin a run of job " + job, handle -> runs.begin(handle, job, runtime, every));
  }

  @Override
  public void end(UUID run, Duration took, Outcome outcome, String detail) {
    boolean unused =
        statements.write(
            "end run " + run + " of a job",
            handle -> {
              runs.end(handle, run, took, outcome, detail);
              return true;
            });
  }

  @Override
  public List<Run> latest() {
    return statements.read("list the latest runs of jobs", runs::latest);
  }

  @Override
  public List<Run> runs(String job, int most) {
    return statements.read("list the runs of job " + job, handle -> runs.runs(handle, job, most));
  }

  @Override
  public Optional<Boolean> sampleDatabase() {
    return call("monitoring", "record_database_sample", SAMPLE, Map.of(), Boolean.class);
  }

  @Override
  public OptionalInt captureSlowStatements() {
    return whole(call("monitoring", "auto_capture_slow_queries", CAPTURE, Map.of(), Integer.class));
  }

  @Override
  public OptionalInt recommendIndexes() {
    return whole(
        call("monitoring", "generate_index_recommendations", RECOMMEND, Map.of(), Integer.class));
  }

  private static OptionalInt whole(Optional<Integer> number) {
    return number.map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  @Override
  public OptionalLong purgeAudit(Duration age) {
    return call(
            "audit",
            "purge_months",
            PURGE,
            Map.of("days", (int) Math.max(1, age.toDays())),
            Long.class)
        .map(OptionalLong::of)
        .orElse(OptionalLong.empty());
  }

  @Override
  public OptionalInt removeOld(Duration age, int limit) {
    return whole(
        call(
            "monitoring",
            "record_capacity",
            REMOVE_OLD,
            Map.of("age", age.toNanos() / 1_000, "limit", limit),
            Integer.class));
  }

  @Override
  public Optional<Capacity> recordCapacity() {
    return call("monitoring", "record_capacity", RECORD_CAPACITY, Map.of(), Instant.class)
        .map(
            recorded ->
                statements.read(
                    "read how large the database is",
                    handle ->
                        handle.createQuery(CAPACITY).map(PostgresUpkeepStore::capacity).one()));
  }

  private static Capacity capacity(ResultSet row, StatementContext context) throws SQLException {
    return new Capacity(
        row.getLong("total_bytes"),
        row.getLong("grown_bytes"),
        SqlTime.optional(row, "since"),
        row.getString("largest"),
        row.getLong("largest_bytes"));
  }

  /** Runs a statement that calls the function, or that needs what came with it. */
  private <T> Optional<T> call(
      String schema, String function, String sql, Map<String, ?> arguments, Class<T> type) {
    if (!has(schema, function)) {
      return Optional.empty();
    }
    return Optional.of(
        statements.write(
            "call " + schema + "." + function,
            handle -> handle.createQuery(sql).bindMap(arguments).mapTo(type).one()));
  }

  @Override
  public void ping() {
    int unused =
        statements.read(
            "ask for an answer", handle -> handle.createQuery(PING).mapTo(int.class).one());
  }

  @Override
  public Schema schema() {
    return statements.read("compare the schema with the scripts", SchemaScripts::compare);
  }

  @Override
  public List<Partitions> partitions() {
    return statements.read(
        "look how far ahead partitions exist",
        handle ->
            handle
                .createQuery(PARTITIONS)
                .map(
                    (row, context) ->
                        new Partitions(
                            row.getString("name"),
                            row.getBoolean("present"),
                            row.getInt("ahead"),
                            row.getInt("wanted")))
                .list());
  }
}
