-- kind: function
-- The statements whose mean time is beyond the threshold.

CREATE FUNCTION monitoring.check_query_performance_alerts()
RETURNS TABLE (
  alert_level TEXT,
  metric_name TEXT,
  query_hash TEXT,
  mean_time_ms NUMERIC,
  calls BIGINT,
  message TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      CASE WHEN s.mean_exec_time_ms >= t.critical_threshold THEN 'CRITICAL' ELSE 'WARNING' END,
      t.metric_name::text,
      s.query_hash,
      round(s.mean_exec_time_ms, 3),
      s.calls,
      format('Query averaging %s ms over %s calls', round(s.mean_exec_time_ms, 1), s.calls)
    FROM monitoring.alert_thresholds t
   CROSS JOIN LATERAL monitoring.slow_statements(
     coalesce(t.warning_threshold, t.critical_threshold)) s
   WHERE t.metric_name = 'query_execution_time_ms' AND t.enabled
   ORDER BY s.mean_exec_time_ms DESC;
$$;
