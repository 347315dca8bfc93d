-- kind: function
-- The statements that take longest on average, each with the plan that was captured last. Fails
-- where the statistics of statements cannot be read, with the reason.

CREATE FUNCTION monitoring.slowest_statements(p_limit INTEGER)
RETURNS TABLE (
  query_hash TEXT,
  query_text TEXT,
  calls BIGINT,
  mean_exec_time_ms NUMERIC,
  total_exec_time_ms NUMERIC,
  plan_json JSONB
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_obstacle CONSTANT TEXT := monitoring.statement_statistics_obstacle();
BEGIN
  IF v_obstacle IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = 'the statistics of statements cannot be read: ' || v_obstacle;
  END IF;
  RETURN QUERY
    SELECT
        s.query_hash, s.query_text, s.calls, s.mean_exec_time_ms, s.total_exec_time_ms, p.plan_json
      FROM monitoring.slow_statements(0) s
      LEFT JOIN LATERAL (
        SELECT q.plan_json
          FROM monitoring.query_plans q
         WHERE q.query_hash = s.query_hash
         ORDER BY q.captured_at DESC
         LIMIT 1
      ) p ON TRUE
     ORDER BY s.mean_exec_time_ms DESC
     LIMIT p_limit;
END;
$$;
