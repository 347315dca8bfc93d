DROP FUNCTION monitoring.missing_indexes(NUMERIC);

DROP FUNCTION monitoring.filtered_columns(NUMERIC);

DROP FUNCTION monitoring.scanned_tables();

DROP FUNCTION monitoring.foreign_keys_without_index();

DROP FUNCTION monitoring.column_numbers(OID, NAME[]);

DROP FUNCTION monitoring.table_scans();
