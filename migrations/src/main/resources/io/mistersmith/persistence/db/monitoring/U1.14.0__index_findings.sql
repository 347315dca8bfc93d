DROP FUNCTION monitoring.index_findings(INTERVAL, INTEGER);

DROP FUNCTION monitoring.duplicate_indexes();
