DROP TRIGGER forget_vector_code ON knowledge.embeddings;
DROP FUNCTION knowledge.forget_vector_code();
ALTER TABLE knowledge.embeddings ALTER COLUMN embedding_vector SET STORAGE EXTENDED;
ALTER TABLE knowledge.embeddings DROP COLUMN vector_code;
