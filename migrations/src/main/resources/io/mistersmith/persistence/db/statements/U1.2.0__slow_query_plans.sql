DROP FUNCTION monitoring.auto_capture_slow_queries(NUMERIC, INTEGER, TEXT);

DROP FUNCTION monitoring.capture_slow_query_plan(TEXT, TEXT, NUMERIC, TEXT);

DROP FUNCTION monitoring.explain_obstacle(OID[]);

DROP FUNCTION monitoring.explain_statement(TEXT, TEXT);
