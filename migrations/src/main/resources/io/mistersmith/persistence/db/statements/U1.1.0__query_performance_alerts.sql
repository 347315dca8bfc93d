DROP FUNCTION monitoring.check_query_performance_alerts();
