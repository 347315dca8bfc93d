DROP FUNCTION monitoring.slowest_statements(INTEGER);
