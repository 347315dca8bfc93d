-- kind: schema
-- depends-on: 1.12.0
-- What was found of each threshold last, and what the receivers of alerts are still to be told. So a
-- runtime that takes the checks over neither sends an alert again nor forgets one.

CREATE TABLE monitoring.alert_states (
  metric_name VARCHAR(100) NOT NULL,
  checked_at TIMESTAMPTZ NOT NULL,
  current_value NUMERIC,
  -- Null while the value is within its thresholds. An alert whose value cannot be had keeps its level.
  level VARCHAR(8),
  threshold_value NUMERIC,
  message TEXT NOT NULL,
  began_at TIMESTAMPTZ,
  CONSTRAINT alert_states_pkey PRIMARY KEY (metric_name),
  CONSTRAINT valid_level CHECK (level IN ('UNKNOWN', 'WARNING', 'CRITICAL')),
  CONSTRAINT alert_has_beginning CHECK ((level IS NULL) = (began_at IS NULL))
);

CREATE TABLE monitoring.alert_notices (
  notice_id BIGINT GENERATED ALWAYS AS IDENTITY,
  channel TEXT NOT NULL,
  change VARCHAR(8) NOT NULL,
  metric_name VARCHAR(100) NOT NULL,
  level VARCHAR(8) NOT NULL,
  level_before VARCHAR(8),
  current_value NUMERIC,
  threshold_value NUMERIC,
  message TEXT NOT NULL,
  advice TEXT NOT NULL,
  began_at TIMESTAMPTZ NOT NULL,
  measured_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT alert_notices_pkey PRIMARY KEY (notice_id),
  CONSTRAINT valid_change CHECK (change IN ('BEGAN', 'WORSENED', 'IMPROVED', 'ENDED'))
);

CREATE INDEX idx_alert_notices_channel ON monitoring.alert_notices (channel, notice_id);

CREATE INDEX idx_alert_notices_measured ON monitoring.alert_notices (measured_at);

-- The value of a metric of an installation, null where it cannot be had, and what it is about. A metric
-- that fails stops no other.
CREATE FUNCTION monitoring.measure_threshold(
  p_metric_name TEXT,
  OUT current_value NUMERIC,
  OUT detail TEXT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
BEGIN
  CASE p_metric_name
    WHEN 'dead_letters_open' THEN
      SELECT count(*), format('the oldest is of %s', coalesce(min(d.created_at)::text, 'no time'))
        INTO current_value, detail
        FROM agents.dead_letters d
       WHERE d.status = 'open';
    WHEN 'sagas_stopped' THEN
      SELECT count(*), format('of %s', coalesce(string_agg(DISTINCT o.name, ', '), 'no saga'))
        INTO current_value, detail
        FROM sagas.open o
       WHERE o.stopped IS NOT NULL;
    WHEN 'failed_jobs' THEN
      SELECT count(*), format('last runs of %s', coalesce(string_agg(r.job_name, ', '), 'no job'))
        INTO current_value, detail
        FROM (
          SELECT DISTINCT ON (j.job_name) j.job_name, j.outcome
            FROM monitoring.job_runs j
           WHERE j.outcome IS NOT NULL
             AND j.started_at > clock_timestamp() - INTERVAL '2 days'
             AND j.job_name <> 'check_alerts'
           ORDER BY j.job_name, j.started_at DESC
        ) r
       WHERE r.outcome = 'failed';
    WHEN 'change_feed_lag_seconds' THEN
      IF to_regprocedure('events.backlog()') IS NULL THEN
        detail := 'the set of migrations events is not applied';
      ELSE
        SELECT round(coalesce(EXTRACT(epoch FROM b.lag), 0), 1), format('%s changes wait', b.changes)
          INTO current_value, detail
          FROM events.backlog() b;
      END IF;
    WHEN 'xmin_age_transactions' THEN
      SELECT h.xmin_age, format('%s %s: %s', h.kind, h.holder, h.detail)
        INTO current_value, detail
        FROM monitoring.xmin_holders() h
       LIMIT 1;
      IF NOT FOUND THEN
        current_value := 0;
        detail := 'nothing holds vacuum back';
      END IF;
    ELSE
      SELECT m.current_value, m.detail
        INTO current_value, detail
        FROM monitoring.measure_metric(p_metric_name) m;
  END CASE;
EXCEPTION
  WHEN OTHERS THEN
    current_value := NULL;
    detail := format('it cannot be measured: %s (SQLSTATE %s)', SQLERRM, SQLSTATE);
END;
$$;

-- Measures enabled metrics of the installation, all or those with the names. The level is null within the
-- thresholds.
CREATE FUNCTION monitoring.judge_thresholds(p_metric_names TEXT[])
RETURNS TABLE (
  metric_name TEXT,
  current_value NUMERIC,
  alert_level TEXT,
  threshold_value NUMERIC,
  message TEXT
)
LANGUAGE plpgsql STABLE
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
       CROSS JOIN LATERAL monitoring.measure_threshold(t.metric_name) m
       WHERE t.enabled
         AND t.scope = 'installation'
         AND (p_metric_names IS NULL OR t.metric_name = ANY (p_metric_names))
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
        j.metric,
        j.value,
        j.level,
        CASE j.level WHEN 'CRITICAL' THEN j.critical WHEN 'WARNING' THEN j.warning END,
        CASE j.level
          WHEN 'UNKNOWN' THEN format('%s is not known: %s', j.metric, j.detail)
          ELSE format('%s is %s: %s', j.metric, j.value, j.detail)
        END
      FROM judged j;
END;
$$;

CREATE OR REPLACE FUNCTION monitoring.check_alerts(p_metric_names TEXT[] DEFAULT NULL)
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
    SELECT j.alert_level, j.metric_name, j.current_value, j.threshold_value, j.message
      FROM monitoring.judge_thresholds(p_metric_names) j
     WHERE j.alert_level IS NOT NULL
     ORDER BY array_position(ARRAY['CRITICAL', 'WARNING', 'UNKNOWN'], j.alert_level), j.metric_name;
  PERFORM monitoring.record_database_sample();
END;
$$;

-- Ends the alerts of thresholds that were switched off or deleted.
CREATE FUNCTION monitoring.end_unchecked_alerts()
RETURNS TABLE (
  change TEXT,
  metric_name TEXT,
  level TEXT,
  level_before TEXT,
  current_value NUMERIC,
  threshold_value NUMERIC,
  message TEXT,
  advice TEXT,
  began_at TIMESTAMPTZ,
  measured_at TIMESTAMPTZ,
  channels TEXT[]
)
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  WITH removed AS (
    DELETE FROM monitoring.alert_states s
     WHERE NOT EXISTS (
       SELECT FROM monitoring.alert_thresholds t
        WHERE t.metric_name = s.metric_name AND t.enabled AND t.scope = 'installation')
    RETURNING s.*
  )
  SELECT 'ENDED', r.metric_name, r.level, r.level, NULL::numeric, r.threshold_value,
         format('%s is not checked any more', r.metric_name), coalesce(t.advice, ''), r.began_at,
         clock_timestamp(), coalesce(t.notification_channels, '{}')
    FROM removed r
    LEFT JOIN monitoring.alert_thresholds t USING (metric_name)
   WHERE r.level IS NOT NULL;
$$;

-- Measures what is due by its check_interval, to a tenth of it, and keeps what was found. Returns a row
-- for each metric that was measured, whose change is null where the level is what it was.
CREATE FUNCTION monitoring.measure_due_thresholds()
RETURNS TABLE (
  change TEXT,
  metric_name TEXT,
  level TEXT,
  level_before TEXT,
  current_value NUMERIC,
  threshold_value NUMERIC,
  message TEXT,
  advice TEXT,
  began_at TIMESTAMPTZ,
  measured_at TIMESTAMPTZ,
  channels TEXT[]
)
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  WITH measured AS MATERIALIZED (
    SELECT
        t.metric_name,
        t.notification_channels,
        t.advice,
        s.level AS level_before,
        s.threshold_value AS threshold_before,
        s.began_at,
        j.current_value,
        j.threshold_value,
        j.message,
        clock_timestamp() AS at,
        CASE
          WHEN j.alert_level IS DISTINCT FROM 'UNKNOWN' THEN j.alert_level
          WHEN s.level IS NOT NULL THEN s.level
          WHEN t.alert_when_unknown THEN 'UNKNOWN'
        END AS level
      FROM monitoring.alert_thresholds t
      LEFT JOIN monitoring.alert_states s USING (metric_name)
     CROSS JOIN LATERAL monitoring.judge_thresholds(ARRAY[t.metric_name::text]) j
     WHERE t.enabled
       AND t.scope = 'installation'
       AND (s.checked_at IS NULL OR s.checked_at + t.check_interval * 0.9 <= clock_timestamp())
  ), kept AS (
    INSERT INTO monitoring.alert_states AS s
           (metric_name, checked_at, current_value, level, threshold_value, message, began_at)
    SELECT m.metric_name, m.at, m.current_value, m.level,
           CASE WHEN m.level IS NOT NULL THEN coalesce(m.threshold_value, m.threshold_before) END,
           m.message, CASE WHEN m.level IS NOT NULL THEN coalesce(m.began_at, m.at) END
      FROM measured m
    ON CONFLICT (metric_name) DO UPDATE
       SET checked_at = excluded.checked_at,
           current_value = excluded.current_value,
           level = excluded.level,
           threshold_value = excluded.threshold_value,
           message = excluded.message,
           began_at = excluded.began_at
  )
  SELECT
      CASE
        WHEN m.level IS NOT DISTINCT FROM m.level_before THEN NULL
        WHEN m.level_before IS NULL THEN 'BEGAN'
        WHEN m.level IS NULL THEN 'ENDED'
        WHEN array_position(ARRAY['UNKNOWN', 'WARNING', 'CRITICAL'], m.level)
          > array_position(ARRAY['UNKNOWN', 'WARNING', 'CRITICAL'], m.level_before::text)
          THEN 'WORSENED'
        ELSE 'IMPROVED'
      END,
      m.metric_name,
      coalesce(m.level, m.level_before),
      m.level_before,
      m.current_value,
      coalesce(m.threshold_value, m.threshold_before),
      m.message,
      m.advice,
      coalesce(m.began_at, m.at),
      m.at,
      m.notification_channels
    FROM measured m
   ORDER BY m.metric_name;
$$;

-- Measures what is due, and writes a notice of each change for each channel of its threshold; for each of
-- p_channels where the threshold names none. Does nothing while another session is at it.
CREATE FUNCTION monitoring.run_alert_checks(p_channels TEXT[])
RETURNS TABLE (
  change TEXT,
  metric_name TEXT,
  level TEXT,
  level_before TEXT,
  current_value NUMERIC,
  threshold_value NUMERIC,
  message TEXT,
  advice TEXT,
  began_at TIMESTAMPTZ,
  measured_at TIMESTAMPTZ
)
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtextextended('monitoring.run_alert_checks', 0)) THEN
    RETURN;
  END IF;
  RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT * FROM monitoring.end_unchecked_alerts()
      UNION ALL
      SELECT * FROM monitoring.measure_due_thresholds()
    ), noted AS (
      INSERT INTO monitoring.alert_notices
             (channel, change, metric_name, level, level_before, current_value, threshold_value,
              message, advice, began_at, measured_at)
      SELECT c.channel, f.change, f.metric_name, f.level, f.level_before, f.current_value,
             f.threshold_value, f.message, f.advice, f.began_at, f.measured_at
        FROM found f
       CROSS JOIN LATERAL unnest(
         CASE WHEN cardinality(f.channels) = 0 THEN p_channels ELSE f.channels END) c (channel)
       WHERE f.change IS NOT NULL
    )
    SELECT f.change, f.metric_name, f.level, f.level_before, f.current_value, f.threshold_value,
           f.message, f.advice, f.began_at, f.measured_at
      FROM found f;
  PERFORM monitoring.record_database_sample();
END;
$$;
