-- kind: schema
-- The jobs of upkeep that runtimes run again and again, their runs, and how large tables become.

-- When a job ran last, in any runtime. Its row is the lock that keeps two of them apart.
CREATE TABLE monitoring.jobs (
  job_name VARCHAR(63) NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT jobs_pkey PRIMARY KEY (job_name),
  CONSTRAINT valid_job_name CHECK (job_name ~ '^[a-z][a-z0-9_]*$')
) WITH (fillfactor = 70);

-- A run without an outcome is under way, or its runtime has ended.
CREATE TABLE monitoring.job_runs (
  run_id UUID NOT NULL DEFAULT gen_random_uuid(),
  job_name VARCHAR(63) NOT NULL,
  runtime TEXT NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  took INTERVAL,
  outcome VARCHAR(10),
  detail TEXT NOT NULL DEFAULT '',
  CONSTRAINT job_runs_pkey PRIMARY KEY (run_id),
  CONSTRAINT valid_outcome CHECK (outcome IN ('done', 'skipped', 'failed')),
  CONSTRAINT ended_run_took_time CHECK ((outcome IS NULL) = (took IS NULL))
);

CREATE INDEX idx_job_runs_job ON monitoring.job_runs (job_name, started_at DESC);

-- A job that begins ends what it finds here.
CREATE INDEX idx_job_runs_open ON monitoring.job_runs (job_name) WHERE outcome IS NULL;

CREATE INDEX idx_job_runs_started ON monitoring.job_runs (started_at);

-- How large tables and the database were. A partitioned table counts with all its partitions;
-- the row of the database has no table.
CREATE TABLE monitoring.capacity_samples (
  sampled_at TIMESTAMPTZ NOT NULL,
  table_name TEXT NOT NULL DEFAULT '',
  table_bytes BIGINT NOT NULL,
  index_bytes BIGINT NOT NULL,
  -- The planner's estimate; null before the first ANALYZE.
  estimated_rows BIGINT,
  CONSTRAINT capacity_samples_pkey PRIMARY KEY (sampled_at, table_name),
  CONSTRAINT valid_size CHECK (table_bytes >= 0 AND index_bytes >= 0)
);

-- Takes a sample of the database and of its largest tables; returns its time. Statistics tell which
-- those are, so that a few tables are measured and not all.
CREATE FUNCTION monitoring.record_capacity(p_tables INTEGER DEFAULT 50)
RETURNS TIMESTAMPTZ
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_now CONSTANT TIMESTAMPTZ := clock_timestamp();
BEGIN
  INSERT INTO monitoring.capacity_samples (sampled_at, table_bytes, index_bytes)
  VALUES (v_now, pg_database_size(current_database()), 0);
  INSERT INTO monitoring.capacity_samples
         (sampled_at, table_name, table_bytes, index_bytes, estimated_rows)
  WITH parts AS (
    SELECT c.oid, c.relpages, c.reltuples,
           CASE WHEN c.relispartition THEN pg_partition_root(c.oid)::oid ELSE c.oid END AS root
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'm')
       AND c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema')
       AND n.nspname !~ '^pg_toast'
  ), largest AS (
    SELECT p.root FROM parts p GROUP BY p.root ORDER BY sum(p.relpages) DESC, p.root LIMIT p_tables
  )
  SELECT
      v_now,
      format('%I.%I', n.nspname, r.relname),
      coalesce(sum(pg_table_size(p.oid)), 0),
      coalesce(sum(pg_indexes_size(p.oid)), 0),
      sum(p.reltuples) FILTER (WHERE p.reltuples >= 0)
    FROM largest l
    JOIN parts p ON p.root = l.root
    JOIN pg_class r ON r.oid = l.root
    JOIN pg_namespace n ON n.oid = r.relnamespace
   GROUP BY n.nspname, r.relname;
  RETURN v_now;
END;
$$;

-- The sizes of the last sample, and how fast they grew since the first sample within a period.
CREATE FUNCTION monitoring.capacity_growth(p_within INTERVAL DEFAULT '7 days')
RETURNS TABLE (
  table_name TEXT,
  total_bytes BIGINT,
  estimated_rows BIGINT,
  since TIMESTAMPTZ,
  grown_bytes BIGINT,
  bytes_per_day BIGINT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH latest AS (
    SELECT max(s.sampled_at) AS at FROM monitoring.capacity_samples s
  )
  SELECT
      s.table_name,
      s.table_bytes + s.index_bytes,
      s.estimated_rows,
      f.sampled_at,
      s.table_bytes + s.index_bytes - f.bytes,
      ((s.table_bytes + s.index_bytes - f.bytes)
        / (EXTRACT(epoch FROM (s.sampled_at - f.sampled_at)) / 86400))::bigint
    FROM latest
    JOIN monitoring.capacity_samples s ON s.sampled_at = latest.at
    LEFT JOIN LATERAL (
      SELECT o.sampled_at, o.table_bytes + o.index_bytes AS bytes
        FROM monitoring.capacity_samples o
       WHERE o.table_name = s.table_name
         AND o.sampled_at >= s.sampled_at - p_within
         AND o.sampled_at < s.sampled_at
       ORDER BY o.sampled_at
       LIMIT 1
    ) AS f ON TRUE
   ORDER BY 2 DESC, 1;
$$;
