DROP FUNCTION monitoring.check_alerts(TEXT[]);

DROP FUNCTION monitoring.measure_metric(TEXT);

DROP FUNCTION monitoring.measure_replication_lag();

DROP FUNCTION monitoring.measure_long_running_transactions();

DROP FUNCTION monitoring.measure_deadlocks_per_hour();

DROP FUNCTION monitoring.measure_cache_hit_ratio();

DROP FUNCTION monitoring.counted_since_last_hour();

DROP FUNCTION monitoring.record_database_sample();

DROP TABLE monitoring.database_samples;
