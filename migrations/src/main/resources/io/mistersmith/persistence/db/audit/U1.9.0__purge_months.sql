DROP FUNCTION audit.purge_months(INTEGER);
