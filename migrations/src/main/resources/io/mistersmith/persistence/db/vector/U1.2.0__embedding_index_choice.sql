DROP FUNCTION knowledge.build_hnsw_index ();

DROP FUNCTION knowledge.build_ivfflat_index (INTEGER);

DROP FUNCTION knowledge.replace_embedding_index (TEXT, TEXT);
