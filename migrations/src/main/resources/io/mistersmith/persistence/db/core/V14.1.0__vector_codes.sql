-- kind: schema
-- depends-on: 6.1.0
-- vector_code is a short form of the vector: with a byte for each number, and how far off they are at
-- most. A search without pgvector reads it instead of the vector, and then the vectors of those that
-- can be among the nearest. Only the library writes it; null where another writer changed the vector.

ALTER TABLE knowledge.embeddings ADD COLUMN vector_code BYTEA;

-- The vector leaves the row when the row is too long, its code last.
ALTER TABLE knowledge.embeddings ALTER COLUMN embedding_vector SET STORAGE EXTERNAL;
ALTER TABLE knowledge.embeddings ALTER COLUMN vector_code SET STORAGE MAIN;

-- Takes the code away from a vector that was changed without it. The texts are compared, since the
-- set vector gives the column a type whose operators may be in any schema.
CREATE FUNCTION knowledge.forget_vector_code()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF NEW.vector_code IS NOT DISTINCT FROM OLD.vector_code
    AND NEW.embedding_vector::text IS DISTINCT FROM OLD.embedding_vector::text
  THEN
    NEW.vector_code := NULL;
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER forget_vector_code
  BEFORE UPDATE ON knowledge.embeddings
  FOR EACH ROW
  EXECUTE FUNCTION knowledge.forget_vector_code();
