-- kind: function
-- Measures every metric that has a threshold, and says which are beyond it. Metrics that cannot be measured
-- are reported as UNKNOWN with the reason, rather than passed over.

-- Counters of the past, since a rate needs two readings. At most one a minute, kept for a day.
CREATE TABLE monitoring.database_samples (
  sampled_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  deadlocks BIGINT NOT NULL,
  blocks_hit BIGINT NOT NULL,
  blocks_read BIGINT NOT NULL,
  -- Counters of different ages cannot be compared.
  stats_reset TIMESTAMPTZ,
  CONSTRAINT database_samples_pkey PRIMARY KEY (sampled_at),
  CONSTRAINT valid_counters CHECK (deadlocks >= 0 AND blocks_hit >= 0 AND blocks_read >= 0)
);

-- Returns whether it took a sample: not in a read-only transaction, as on a standby, not without
-- the privilege, and not within a minute of the last.
CREATE FUNCTION monitoring.record_database_sample()
RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF current_setting('transaction_read_only')::boolean
    OR NOT has_table_privilege('monitoring.database_samples', 'INSERT')
    OR NOT has_table_privilege('monitoring.database_samples', 'DELETE')
    OR EXISTS (
      SELECT FROM monitoring.database_samples s
       WHERE s.sampled_at > clock_timestamp() - INTERVAL '1 minute')
  THEN
    RETURN FALSE;
  END IF;
  DELETE FROM monitoring.database_samples s
   WHERE s.sampled_at IN (
     SELECT o.sampled_at FROM monitoring.database_samples o
      WHERE o.sampled_at < clock_timestamp() - INTERVAL '1 day'
        FOR UPDATE SKIP LOCKED);
  INSERT INTO monitoring.database_samples (deadlocks, blocks_hit, blocks_read, stats_reset)
  SELECT d.deadlocks, d.blks_hit, d.blks_read, d.stats_reset
    FROM pg_stat_database d
   WHERE d.datname = current_database();
  RETURN TRUE;
END;
$$;

-- Counts since the sample that is nearest to an hour old. No row while there is no sample
-- to compare with.
CREATE FUNCTION monitoring.counted_since_last_hour()
RETURNS TABLE (elapsed_seconds NUMERIC, deadlocks BIGINT, blocks_hit BIGINT, blocks_read BIGINT)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      EXTRACT(epoch FROM (clock_timestamp() - s.sampled_at)),
      d.deadlocks - s.deadlocks,
      d.blks_hit - s.blocks_hit,
      d.blks_read - s.blocks_read
    FROM pg_stat_database d
    JOIN monitoring.database_samples s
      ON s.stats_reset IS NOT DISTINCT FROM d.stats_reset
     AND s.deadlocks <= d.deadlocks
     AND s.blocks_hit <= d.blks_hit
     AND s.blocks_read <= d.blks_read
   WHERE d.datname = current_database()
   ORDER BY abs(EXTRACT(epoch FROM (clock_timestamp() - s.sampled_at)) - 3600)
   LIMIT 1;
$$;

-- The share of blocks that were found in PostgreSQL's own cache. So few accesses that one query
-- decides the ratio are no ratio.
CREATE FUNCTION monitoring.measure_cache_hit_ratio(
  OUT current_value NUMERIC,
  OUT detail TEXT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_hit BIGINT;
  v_read BIGINT;
  v_since TEXT := 'over the last hour or less';
BEGIN
  SELECT c.blocks_hit, c.blocks_read
    INTO v_hit, v_read
    FROM monitoring.counted_since_last_hour() c;
  IF NOT FOUND THEN
    SELECT d.blks_hit, d.blks_read
      INTO v_hit, v_read
      FROM pg_stat_database d
     WHERE d.datname = current_database();
    v_since := 'since the statistics began';
  END IF;
  IF v_hit + v_read < 10000 THEN
    detail := format('only %s blocks were accessed %s', v_hit + v_read, v_since);
    RETURN;
  END IF;
  current_value := round(100.0 * v_hit / (v_hit + v_read), 2);
  detail := format('%s%% of %s blocks were in shared_buffers %s',
    current_value, v_hit + v_read, v_since);
END;
$$;

-- Over more than an hour the rate is the mean; over less, what was counted so far.
CREATE FUNCTION monitoring.measure_deadlocks_per_hour(
  OUT current_value NUMERIC,
  OUT detail TEXT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_count BIGINT;
  v_seconds NUMERIC;
BEGIN
  SELECT c.deadlocks, c.elapsed_seconds
    INTO v_count, v_seconds
    FROM monitoring.counted_since_last_hour() c;
  IF NOT FOUND THEN
    detail := 'there is no earlier sample to compare with yet';
    RETURN;
  END IF;
  current_value := round(v_count * 3600 / greatest(v_seconds, 3600), 2);
  detail := format('%s deadlocks in the last %s minutes', v_count, round(v_seconds / 60));
END;
$$;

-- The oldest transaction of a client of this database but the asking one; prepared ones too, which
-- nobody sees and which hold back vacuum like any other.
CREATE FUNCTION monitoring.measure_long_running_transactions(
  OUT current_value NUMERIC,
  OUT detail TEXT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
BEGIN
  SELECT round(EXTRACT(epoch FROM (clock_timestamp() - t.started)) / 60, 2), t.who
    INTO current_value, detail
    FROM (
      SELECT s.xact_start, format('session %s of %s (%s), %s', s.pid, s.usename,
             coalesce(nullif(s.application_name, ''), 'no application name'), s.state)
        FROM monitoring.client_sessions s
       WHERE s.datname = current_database() AND s.pid <> pg_backend_pid()
      UNION ALL
      SELECT p.prepared, format('prepared transaction %L of %s', p.gid, p.owner)
        FROM pg_prepared_xacts p
       WHERE p.database = current_database()
    ) t (started, who)
   WHERE t.started IS NOT NULL
   ORDER BY t.started
   LIMIT 1;
  IF NOT FOUND THEN
    current_value := 0;
    detail := 'no transaction is open';
  END IF;
END;
$$;

-- On a standby how far its replay is behind, null before it has replayed anything; on a primary the
-- lag of its slowest standby.
CREATE FUNCTION monitoring.measure_replication_lag(
  OUT current_value NUMERIC,
  OUT detail TEXT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
BEGIN
  IF pg_is_in_recovery() THEN
    -- Without a stream from the primary nobody knows what there would be to replay: then the age of
    -- what was replayed last is all there is.
    IF NOT EXISTS (SELECT FROM pg_stat_wal_receiver) THEN
      detail := 'nothing streams to this standby, whose last replayed transaction is so old';
    ELSIF pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN
      current_value := 0;
      detail := 'this standby has replayed all that it received';
      RETURN;
    ELSE
      detail := 'this standby is behind its primary';
    END IF;
    current_value :=
      round(EXTRACT(epoch FROM (clock_timestamp() - pg_last_xact_replay_timestamp())), 2);
    RETURN;
  END IF;
  -- Replayed WAL has no lag; an idle standby that has replayed all shows none either.
  SELECT
      round(EXTRACT(epoch FROM coalesce(r.replay_lag, INTERVAL '0')), 2),
      format('%s (%s)', coalesce(nullif(r.application_name, ''), 'unnamed'), r.state)
    INTO current_value, detail
    FROM pg_stat_replication r
   WHERE r.state IS NOT NULL
   ORDER BY r.replay_lag DESC NULLS LAST
   LIMIT 1;
  IF NOT FOUND THEN
    IF EXISTS (SELECT FROM pg_stat_replication) THEN
      detail := format('the state of the standbys is hidden from %s: grant it pg_read_all_stats',
        current_user);
    ELSIF EXISTS (SELECT FROM pg_replication_slots s WHERE NOT s.active AND NOT s.temporary) THEN
      detail := 'a replication slot has lost its consumer, whose lag nobody knows';
    ELSE
      current_value := 0;
      detail := 'no standby is connected';
    END IF;
  END IF;
END;
$$;

-- The value of a metric, null where it cannot be had, and what it is about.
CREATE FUNCTION monitoring.measure_metric(
  p_metric_name TEXT,
  OUT current_value NUMERIC,
  OUT detail TEXT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
BEGIN
  CASE p_metric_name
    WHEN 'connection_pool_usage_percent' THEN
      current_value := round(monitoring.connection_usage_percent(), 1);
      detail := format('%s%% of max_connections', current_value);
    WHEN 'query_execution_time_ms' THEN
      detail := monitoring.statement_statistics_obstacle();
      IF detail IS NULL THEN
        SELECT round(s.mean_exec_time_ms, 1), format('statement %s', s.query_hash)
          INTO current_value, detail
          FROM monitoring.slow_statements(0) s
         LIMIT 1;
        current_value := coalesce(current_value, 0);
      END IF;
    WHEN 'index_bloat_percent' THEN
      SELECT b.bloat_percent, format('estimate for index %I.%I', b.schema_name, b.index_name)
        INTO current_value, detail
        FROM monitoring.estimate_index_bloat() b
       LIMIT 1;
      current_value := coalesce(current_value, 0);
    WHEN 'table_bloat_percent' THEN
      SELECT b.bloat_percent, format('estimate for table %I.%I', b.schema_name, b.table_name)
        INTO current_value, detail
        FROM monitoring.estimate_table_bloat() b
       LIMIT 1;
      current_value := coalesce(current_value, 0);
    WHEN 'replication_lag_seconds' THEN
      SELECT m.current_value, m.detail INTO current_value, detail
        FROM monitoring.measure_replication_lag() m;
    WHEN 'cache_hit_ratio' THEN
      SELECT m.current_value, m.detail INTO current_value, detail
        FROM monitoring.measure_cache_hit_ratio() m;
    WHEN 'deadlock_count_per_hour' THEN
      SELECT m.current_value, m.detail INTO current_value, detail
        FROM monitoring.measure_deadlocks_per_hour() m;
    WHEN 'long_running_transactions_minutes' THEN
      SELECT m.current_value, m.detail INTO current_value, detail
        FROM monitoring.measure_long_running_transactions() m;
    WHEN 'disk_usage_percent' THEN
      detail := format(
        'SQL cannot see how full a disk is; measure it on the host. This database takes %s',
        pg_size_pretty(pg_database_size(current_database())));
    ELSE
      detail := 'nothing here measures a metric of this name';
  END CASE;
END;
$$;

-- Metrics beyond their thresholds (WARNING, CRITICAL) or not measurable (UNKNOWN), worst first.
-- With names only these metrics, so that each can be asked for at its own check_interval. Takes a
-- sample of the counters when it may.
CREATE FUNCTION monitoring.check_alerts(p_metric_names TEXT[] DEFAULT NULL)
RETURNS TABLE (
  alert_level TEXT,
  metric_name TEXT,
  current_value NUMERIC,
  threshold_value NUMERIC,
  message TEXT
)
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  RETURN QUERY
    WITH measured AS MATERIALIZED (
      SELECT
          t.metric_name::text AS metric,
          t.warning_threshold AS warning,
          t.critical_threshold AS critical,
          -- Turned round where lower is worse, so that one comparison does for all.
          CASE WHEN t.lower_is_worse THEN -1 ELSE 1 END AS sign,
          m.current_value AS value,
          m.detail
        FROM monitoring.alert_thresholds t
       CROSS JOIN LATERAL monitoring.measure_metric(t.metric_name) m
       WHERE t.enabled AND (p_metric_names IS NULL OR t.metric_name = ANY (p_metric_names))
    ), judged AS (
      SELECT
          m.*,
          CASE
            WHEN m.value IS NULL THEN 'UNKNOWN'
            WHEN m.sign * m.value >= m.sign * m.critical THEN 'CRITICAL'
            WHEN m.sign * m.value >= m.sign * m.warning THEN 'WARNING'
          END AS level
        FROM measured m
    )
    SELECT
        j.level,
        j.metric,
        j.value,
        CASE j.level WHEN 'CRITICAL' THEN j.critical WHEN 'WARNING' THEN j.warning END,
        CASE j.level
          WHEN 'UNKNOWN' THEN format('%s is not known: %s', j.metric, j.detail)
          ELSE format('%s is %s: %s', j.metric, j.value, j.detail)
        END
      FROM judged j
     WHERE j.level IS NOT NULL
     ORDER BY array_position(ARRAY['CRITICAL', 'WARNING', 'UNKNOWN'], j.level), j.metric;
  PERFORM monitoring.record_database_sample();
END;
$$;
