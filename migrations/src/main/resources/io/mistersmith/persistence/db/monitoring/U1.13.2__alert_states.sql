DROP FUNCTION monitoring.run_alert_checks(TEXT[]);

DROP FUNCTION monitoring.measure_due_thresholds();

DROP FUNCTION monitoring.end_unchecked_alerts();

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

DROP FUNCTION monitoring.judge_thresholds(TEXT[]);

DROP FUNCTION monitoring.measure_threshold(TEXT);

DROP TABLE monitoring.alert_notices;

DROP TABLE monitoring.alert_states;
