DELETE FROM monitoring.alert_thresholds
 WHERE metric_name IN ('backup_allowed_ages', 'drill_allowed_ages');

-- As it was in 1.13.2.
CREATE OR REPLACE FUNCTION monitoring.measure_threshold(
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
