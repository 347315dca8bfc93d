DROP FUNCTION knowledge.embedding_search_method();
DROP FUNCTION knowledge.search_similar(REAL[], TEXT, TEXT, INTEGER);
DROP FUNCTION knowledge.store_embedding(UUID, TEXT, TEXT, REAL[], TEXT);
DROP TABLE knowledge.embeddings;
