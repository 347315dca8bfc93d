-- kind: schema
-- depends-on: 1.4.0
-- lint: allow constraint-not-valid — thresholds are a few dozen rows
-- lint: allow change-with-exclusive-lock — thresholds are a few dozen rows, which runtimes read now and then
-- What each threshold is about, what to do beyond it, and how Prometheus measures it. The rules for
-- Prometheus and the documentation are generated from these rows, and runtimes check by them.
--
-- Metrics of the scope installation are measured by monitoring.measure_threshold, once for all
-- runtimes; those of the scope runtime by each runtime for itself, even without this database.

ALTER TABLE monitoring.alert_thresholds
  ADD COLUMN scope VARCHAR(12) NOT NULL DEFAULT 'installation',
  -- Of the thresholds, the value and the expression's result.
  ADD COLUMN unit VARCHAR(20) NOT NULL DEFAULT '',
  -- False where it is no alert that the value cannot be had, as of an idle server.
  ADD COLUMN alert_when_unknown BOOLEAN NOT NULL DEFAULT TRUE,
  ADD COLUMN meaning TEXT NOT NULL DEFAULT '',
  ADD COLUMN advice TEXT NOT NULL DEFAULT '',
  -- In PromQL. Null where there is no rule.
  ADD COLUMN expression TEXT,
  -- How long the value is beyond the threshold before Prometheus fires.
  ADD COLUMN pending_for INTERVAL NOT NULL DEFAULT '0';

UPDATE monitoring.alert_thresholds t
   SET unit = v.unit,
       alert_when_unknown = v.alert_when_unknown,
       meaning = v.meaning,
       advice = v.advice,
       expression = format('max by (metric) (persistence_alert_value{metric="%s"})', t.metric_name),
       pending_for = v.pending_for
  FROM (
    VALUES
      ('connection_pool_usage_percent', 'percent', TRUE, INTERVAL '1 minute',
       'The share of max_connections that clients of all databases hold.',
       'Run SELECT * FROM monitoring.connection_stats to see which application holds them. Lower the sizes of its pools, put PgBouncer in front, or raise max_connections and restart the server.'),
      ('query_execution_time_ms', 'milliseconds', FALSE, INTERVAL '5 minutes',
       'The mean execution time of the slowest statement in pg_stat_statements.',
       'Run SELECT * FROM monitoring.slow_statements(1000) and look at the plan in monitoring.query_plans. Build the index that it lacks: SELECT * FROM monitoring.index_recommendations.'),
      ('index_bloat_percent', 'percent', TRUE, INTERVAL '0',
       'The estimated share of unused space in the most bloated index.',
       'Run REINDEX INDEX CONCURRENTLY for the index that the message names; writers go on meanwhile.'),
      ('table_bloat_percent', 'percent', TRUE, INTERVAL '0',
       'The estimated share of unused space in the most bloated table.',
       'Run SELECT * FROM monitoring.xmin_holders() and end what holds vacuum back. Then run VACUUM on the table that the message names; to give the space back to the disk, run VACUUM FULL when nobody uses the table.'),
      ('replication_lag_seconds', 'seconds', TRUE, INTERVAL '1 minute',
       'How far the slowest standby is behind.',
       'Look at the standby that the message names: its disk, its network, and long queries on it (max_standby_streaming_delay). Drop a slot that nobody uses any more: SELECT pg_drop_replication_slot(name).'),
      ('disk_usage_percent', 'percent', FALSE, INTERVAL '0',
       'How full the disk of the data directory is. SQL cannot see it: take the rule of the host''s exporter.',
       'Give the disk more space. SELECT * FROM pg_replication_slots shows slots that keep WAL, and SELECT * FROM monitoring.capacity_growth() the tables that grow.'),
      ('cache_hit_ratio', 'percent', FALSE, INTERVAL '15 minutes',
       'The share of blocks that PostgreSQL found in shared_buffers over the last hour.',
       'Raise shared_buffers to a quarter of the memory, or add memory. Run SELECT * FROM monitoring.setting_advice().'),
      ('deadlock_count_per_hour', 'per hour', FALSE, INTERVAL '0',
       'Deadlocks in this database in the last hour.',
       'Find the statements in the server''s log under "deadlock detected". Have the transactions lock their rows in one order, such as that of the key.'),
      ('long_running_transactions_minutes', 'minutes', TRUE, INTERVAL '0',
       'The age of the oldest transaction, prepared ones included. It holds vacuum back.',
       'End the session that the message names: SELECT pg_terminate_backend(pid, 5000). Roll a forgotten prepared transaction back: ROLLBACK PREPARED ''gid''. Set idle_in_transaction_session_timeout.')
  ) v (metric_name, unit, alert_when_unknown, pending_for, meaning, advice)
 WHERE t.metric_name = v.metric_name;

INSERT INTO monitoring.alert_thresholds
  (metric_name, warning_threshold, critical_threshold, check_interval, scope, unit,
   alert_when_unknown, pending_for, meaning, advice, expression)
VALUES
  ('consistency_lag_p95_ms', 200, 1000, '30 seconds', 'runtime', 'milliseconds', FALSE, '1 minute',
   'The 95th percentile of the time from a write to its commit in PostgreSQL, over the last minute.',
   'Look at the flush: persistence.flush.duration, and the wait events of its session in pg_stat_activity. Raise flush.dirtyKeys where batches are full, or give the disk of the WAL more throughput.',
   '1000 * max by (journal) (persistence_consistency_lag_seconds{quantile="0.95"})'),
  ('backlog_age_seconds', 5, 60, '30 seconds', 'runtime', 'seconds', TRUE, '30 seconds',
   'The age of the oldest write that is not in PostgreSQL yet.',
   'Find out why nothing is flushed: the health names a server that does not answer, and persistence.flush.failures grows where PostgreSQL refuses. Nothing is lost while NATS runs. Start a runtime where none is open.',
   'max by (journal) (persistence_backlog_age_seconds)'),
  ('backlog_bytes', 67108864, 268435456, '30 seconds', 'runtime', 'bytes', TRUE, '30 seconds',
   'The bytes of the writes that are not in PostgreSQL yet.',
   'Do as for backlog_age_seconds. A bucket that is full refuses new keys: raise its maxBytes, or switch backpressure on to slow writers down.',
   'max by (journal) (persistence_backlog_bytes)'),
  ('inconsistencies_per_hour', 1, 10, '1 minute', 'runtime', 'per hour', FALSE, '0',
   'Entries on which KV and PostgreSQL disagreed, as checks of consistency found in the last hour.',
   'Read the warnings in the log of the runtime: each names the key, the kind and the repair. Switch consistency.repair on where it is off. Find who writes to the tables or the bucket past the library.',
   'max by (metric) (persistence_alert_value{metric="inconsistencies_per_hour"})'),
  ('breakers_open', NULL, 1, '10 seconds', 'runtime', 'breakers', TRUE, '30 seconds',
   'Circuit breakers that are not closed: calls to a store fail at once.',
   'Bring the server back that the health names as UNHEALTHY. The breaker closes by itself after the first call that succeeds.',
   'sum by (store) (persistence_breaker_open)'),
  ('pool_usage_percent', 90, 100, '30 seconds', 'runtime', 'percent', TRUE, '1 minute',
   'The share of the busiest pool of connections that is in use.',
   'Run operations().pools().advice(role, agents) and set the size that it returns. Look for transactions that wait for something else while they hold a connection.',
   '100 * max by (pool) (persistence_pool_utilization)'),
  ('pool_acquisition_p95_ms', 1000, 5000, '30 seconds', 'runtime', 'milliseconds', TRUE, '1 minute',
   'How long 95 of 100 callers waited for a connection at most.',
   'Do as for pool_usage_percent.',
   '1000 * max by (pool) (persistence_pool_acquire_p95_seconds)'),
  ('health_status', 1, 2, '30 seconds', 'runtime', '', TRUE, '1 minute',
   'The worst component of the health: 1 is DEGRADED, 2 is UNHEALTHY.',
   'Read the reason of the component that the message names, and do what it says.',
   'max by (component) (persistence_health)'),
  ('services_failing', 1, 3, '1 minute', 'runtime', 'services', TRUE, '0',
   'Background services of a runtime that fail, hang or have ended.',
   'Call operations().notices(): each sentence names the service and its failure. Where it names a right or a set of migrations, grant or apply it; else close the runtime and open it again.',
   'max by (metric) (persistence_alert_value{metric="services_failing"})'),
  ('dead_letters_open', 1, 100, '1 minute', 'installation', 'entries', TRUE, '0',
   'Acknowledged entries that PostgreSQL refused, and that are neither replayed nor superseded.',
   'List them with operations().deadLetters().open(100), and remove the reason, such as an agent that is not registered. Then call replayAll(Filter.all()).',
   'max by (metric) (persistence_alert_value{metric="dead_letters_open"})'),
  ('change_feed_lag_seconds', 30, 300, '30 seconds', 'installation', 'seconds', FALSE, '1 minute',
   'The age of the oldest committed change that is not published.',
   'Look at operations().notices() of the runtimes: one says why it does not publish. Resume a relay that was paused. A stream that is full or missing refuses: see the stream''s limits in NATS.',
   'max by (metric) (persistence_alert_value{metric="change_feed_lag_seconds"})'),
  ('sagas_stopped', 1, 10, '1 minute', 'installation', 'runs', TRUE, '0',
   'Runs of sagas that stopped and wait for an operator.',
   'Run SELECT saga_id, name, stopped, stop_reason FROM sagas.open WHERE stopped IS NOT NULL. Remove the reason and call sagas().resume(id), or sagas().giveUp(id, reason).',
   'max by (metric) (persistence_alert_value{metric="sagas_stopped"})'),
  ('failed_jobs', 1, 3, '1 minute', 'installation', 'jobs', FALSE, '0',
   'Jobs of the upkeep whose last run failed.',
   'Call operations().upkeep().jobs(): the last run says what it failed with. Remove the reason and call upkeep().run(job).',
   'max by (metric) (persistence_alert_value{metric="failed_jobs"})'),
  ('xmin_age_transactions', 10000000, 100000000, '5 minutes', 'installation', 'transactions', TRUE,
   '0',
   'How many transactions ago the oldest snapshot, slot or prepared transaction began. Vacuum removes nothing that was deleted since.',
   'Run SELECT * FROM monitoring.xmin_holders(), and the statement in its column remedy for the first row.',
   'max(persistence_xmin_age)')
ON CONFLICT (metric_name) DO NOTHING;

ALTER TABLE monitoring.alert_thresholds
  ADD CONSTRAINT valid_scope CHECK (scope IN ('installation', 'runtime')),
  ADD CONSTRAINT valid_pending_for CHECK (pending_for >= INTERVAL '0');

-- Promises over 30 days, of which burn-rate rules are made. The expressions are ratios of what failed,
-- from 0 to 1, with $window for the time.
CREATE TABLE monitoring.service_levels (
  name VARCHAR(100) NOT NULL,
  objective NUMERIC NOT NULL,
  failure_ratio TEXT NOT NULL,
  meaning TEXT NOT NULL,
  advice TEXT NOT NULL,
  CONSTRAINT service_levels_pkey PRIMARY KEY (name),
  CONSTRAINT valid_service_level_name CHECK (name <> ''),
  CONSTRAINT valid_objective CHECK (objective > 0 AND objective < 1),
  CONSTRAINT ratio_has_window CHECK (failure_ratio LIKE '%$window%')
);

INSERT INTO monitoring.service_levels (name, objective, failure_ratio, meaning, advice)
VALUES
  ('consistency_lag', 0.95,
   '1 - sum(rate(persistence_flush_lag_seconds_bucket{le="0.2"}[$window])) / sum(rate(persistence_flush_lag_seconds_count[$window]))',
   '95 % of writes are in PostgreSQL within 200 ms.',
   'Do as for the alert consistency_lag_p95_ms.'),
  ('store_errors', 0.999,
   'sum(rate(persistence_store_calls_seconds_count{outcome=~"CONNECTION_FAILED|TIMEOUT|UNAVAILABLE|POOL_EXHAUSTED|STORE_FULL|BACKLOG_EXCEEDED|OUTCOME_UNKNOWN"}[$window])) / sum(rate(persistence_store_calls_seconds_count[$window]))',
   '99.9 % of calls to the stores get an answer.',
   'Look at which store and outcome grow: sum by (store, outcome) (rate(persistence_store_calls_seconds_count[5m])). Then read the health, which names the server and what to do.');
