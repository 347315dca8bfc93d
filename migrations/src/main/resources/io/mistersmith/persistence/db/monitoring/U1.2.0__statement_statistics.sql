DROP FUNCTION monitoring.slow_statements(NUMERIC);

DROP FUNCTION monitoring.statement_statistics_obstacle();
