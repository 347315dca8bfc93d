DROP FUNCTION monitoring.analyze_index_usage(INTERVAL, INTEGER);

DROP FUNCTION monitoring.index_purpose(OID);

DROP FUNCTION monitoring.is_indexed(OID, SMALLINT[], OID);

DROP FUNCTION monitoring.statistics_since();
