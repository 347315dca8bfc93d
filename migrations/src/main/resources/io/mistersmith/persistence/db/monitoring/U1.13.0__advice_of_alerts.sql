DROP TABLE monitoring.service_levels;

DELETE FROM monitoring.alert_thresholds
 WHERE metric_name IN (
   'consistency_lag_p95_ms', 'backlog_age_seconds', 'backlog_bytes', 'inconsistencies_per_hour',
   'breakers_open', 'pool_usage_percent', 'pool_acquisition_p95_ms', 'health_status',
   'services_failing', 'dead_letters_open', 'change_feed_lag_seconds', 'sagas_stopped',
   'failed_jobs', 'xmin_age_transactions');

ALTER TABLE monitoring.alert_thresholds
  DROP CONSTRAINT valid_pending_for,
  DROP CONSTRAINT valid_scope,
  DROP COLUMN pending_for,
  DROP COLUMN expression,
  DROP COLUMN advice,
  DROP COLUMN meaning,
  DROP COLUMN alert_when_unknown,
  DROP COLUMN unit,
  DROP COLUMN scope;
