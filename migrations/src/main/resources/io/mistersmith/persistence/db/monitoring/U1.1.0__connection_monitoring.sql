DROP FUNCTION monitoring.check_connection_pool_alerts();

DROP FUNCTION monitoring.check_connection_pool_health();

DROP FUNCTION monitoring.connection_usage_percent();

DROP VIEW monitoring.connection_stats;

DROP VIEW monitoring.client_sessions;
