DROP FUNCTION monitoring.storage_by_table();

DROP FUNCTION monitoring.set_compression(REGCLASS, TEXT);

DROP FUNCTION monitoring.compressed_columns(REGCLASS);

DROP FUNCTION monitoring.compression_methods();
