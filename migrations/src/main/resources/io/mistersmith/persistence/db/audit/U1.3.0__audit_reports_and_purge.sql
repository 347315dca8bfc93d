DROP FUNCTION audit.purge_old_records(INTEGER);
DROP VIEW audit.daily_activity;
