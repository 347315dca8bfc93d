DROP FUNCTION monitoring.where_columns(TEXT, OID);

DROP FUNCTION monitoring.is_btree_candidate(OID, SMALLINT);

DROP FUNCTION monitoring.fold_statement(TEXT);

DROP FUNCTION monitoring.identifier_pattern(NAME);
