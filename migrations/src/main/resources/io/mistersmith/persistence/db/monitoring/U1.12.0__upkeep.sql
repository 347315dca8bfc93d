DROP FUNCTION monitoring.capacity_growth(INTERVAL);

DROP FUNCTION monitoring.record_capacity(INTEGER);

DROP TABLE monitoring.capacity_samples;

DROP TABLE monitoring.job_runs;

DROP TABLE monitoring.jobs;
