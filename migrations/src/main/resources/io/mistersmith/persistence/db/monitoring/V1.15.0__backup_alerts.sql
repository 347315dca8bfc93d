-- kind: schema
-- depends-on: 1.13.2
-- Alerts for a backup or a drill that is overdue. They are not known while the set recovery is not applied.

INSERT INTO monitoring.alert_thresholds
  (metric_name, warning_threshold, critical_threshold, check_interval, scope, unit,
   alert_when_unknown, pending_for, meaning, advice, expression)
VALUES
  ('backup_allowed_ages', 1, 2, '5 minutes', 'installation', 'allowed ages', FALSE, '0',
   'The age of the newest whole backup, in multiples of what recovery.schedule allows.',
   'Look at the run of backup-cli.jar backup that should have made one: its exit code and its last line say what failed. Run backup-cli.jar readiness, remove what it names, and make a backup.',
   'max by (metric) (persistence_alert_value{metric="backup_allowed_ages"})'),
  ('drill_allowed_ages', 1, 2, '5 minutes', 'installation', 'allowed ages', FALSE, '0',
   'The time since the last drill that passed, in multiples of what recovery.schedule allows.',
   'Run SELECT test_started_at, test_status, error_messages FROM recovery.test_results ORDER BY 1 DESC LIMIT 5. Remove what the last one failed with, and run backup-cli.jar drill.',
   'max by (metric) (persistence_alert_value{metric="drill_allowed_ages"})')
ON CONFLICT (metric_name) DO NOTHING;

-- As in 1.13.2, and the ages of backups and drills.
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
    WHEN 'backup_allowed_ages', 'drill_allowed_ages' THEN
      IF to_regprocedure('recovery.ages()') IS NULL THEN
        detail := 'the set of migrations recovery, as of 1.4.0, is not applied';
      ELSE
        SELECT a.allowed_ages,
               format('the last one was %s, and %s is allowed',
                 coalesce('at ' || a.last_at, 'never made'), a.allowed_age)
          INTO current_value, detail
          FROM recovery.ages() a
         WHERE a.what = split_part(p_metric_name, '_', 1);
        IF NOT FOUND THEN
          detail := 'it is disabled in recovery.schedule';
        END IF;
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
