DROP FUNCTION monitoring.estimate_index_bloat();

DROP FUNCTION monitoring.estimate_table_bloat();

DROP VIEW monitoring.column_widths;
