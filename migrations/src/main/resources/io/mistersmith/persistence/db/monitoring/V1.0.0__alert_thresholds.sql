-- kind: schema
-- depends-on: core 1.0.0
-- The monitoring schema, and from which value on a metric is worth a warning or worse.

CREATE SCHEMA IF NOT EXISTS monitoring;

CREATE TABLE monitoring.alert_thresholds (
  threshold_id UUID NOT NULL DEFAULT gen_random_uuid(),
  metric_name VARCHAR(100) NOT NULL,
  warning_threshold NUMERIC,
  critical_threshold NUMERIC,
  -- True for a ratio of hits, for example: the alert comes when the value falls to the threshold.
  lower_is_worse BOOLEAN NOT NULL DEFAULT FALSE,
  check_interval INTERVAL NOT NULL DEFAULT '1 minute',
  enabled BOOLEAN NOT NULL DEFAULT TRUE,
  notification_channels TEXT[] NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT alert_thresholds_pkey PRIMARY KEY (threshold_id),
  CONSTRAINT alert_thresholds_metric_name_key UNIQUE (metric_name),
  CONSTRAINT valid_metric_name CHECK (length(metric_name) > 0),
  CONSTRAINT valid_check_interval CHECK (check_interval > INTERVAL '0'),
  CONSTRAINT valid_threshold_order CHECK (
    warning_threshold IS NULL
    OR critical_threshold IS NULL
    OR CASE
      WHEN lower_is_worse THEN critical_threshold <= warning_threshold
      ELSE critical_threshold >= warning_threshold
    END
  )
);

CREATE TRIGGER touch_updated_at
  BEFORE UPDATE ON monitoring.alert_thresholds
  FOR EACH ROW
  EXECUTE FUNCTION agents.touch_updated_at();

INSERT INTO monitoring.alert_thresholds
  (metric_name, warning_threshold, critical_threshold, lower_is_worse, check_interval)
VALUES
  ('connection_pool_usage_percent', 70, 85, FALSE, '30 seconds'),
  ('query_execution_time_ms', 5000, 10000, FALSE, '1 minute'),
  ('index_bloat_percent', 30, 50, FALSE, '1 hour'),
  ('table_bloat_percent', 40, 60, FALSE, '1 hour'),
  ('replication_lag_seconds', 5, 30, FALSE, '10 seconds'),
  ('disk_usage_percent', 80, 90, FALSE, '5 minutes'),
  ('cache_hit_ratio', 95, 90, TRUE, '5 minutes'),
  ('deadlock_count_per_hour', 5, 20, FALSE, '5 minutes'),
  ('long_running_transactions_minutes', 30, 60, FALSE, '5 minutes');
