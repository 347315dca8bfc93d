-- Embeddings as vectors of pgvector with 1536 dimensions, found by an HNSW index. An index over
-- nothing is no worse than any other with HNSW; ivfflat would need the data first (next version).
--
-- Another number of dimensions is chosen when the set is generated, which writes these scripts with
-- it. HNSW takes up to 2,000; models with more give shortened embeddings, too.
--
-- The column changes its type, which rewrites the table: nobody reads it meanwhile.

DO $$
DECLARE
  v_schema NAME;
  v_others TEXT;
BEGIN
  SELECT n.nspname
    INTO STRICT v_schema
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
   WHERE e.extname = 'vector';
  SELECT pg_catalog.string_agg(
           pg_catalog.format('%s of %s %s with %s', o.n, o.model, o.version, o.dimensions), ', ')
    INTO v_others
    FROM (
      SELECT count(*) AS n, e.embedding_model AS model, e.embedding_version AS version,
             cardinality(e.embedding_vector) AS dimensions
        FROM knowledge.embeddings e
       WHERE cardinality(e.embedding_vector) <> 1536
       GROUP BY 2, 3, 4
       ORDER BY 2, 3, 4
       LIMIT 5
    ) o;
  IF v_others IS NOT NULL THEN
    RAISE EXCEPTION 'embeddings have other than 1536 dimensions: %', v_others
      USING
        ERRCODE = 'data_exception',
        HINT = 'Generate the set vector with their number of dimensions, or delete them.';
  END IF;

  ALTER TABLE knowledge.embeddings DROP CONSTRAINT valid_embedding_vector;
  EXECUTE pg_catalog.format(
    'ALTER TABLE knowledge.embeddings ALTER COLUMN embedding_vector
       TYPE %1$I.vector(1536) USING embedding_vector::%1$I.vector(1536)',
    v_schema);
  EXECUTE pg_catalog.format(
    'CREATE INDEX idx_knowledge_embeddings_vector ON knowledge.embeddings
       USING hnsw (embedding_vector %I.vector_cosine_ops)',
    v_schema);

  EXECUTE pg_catalog.format(
    $create$
    CREATE OR REPLACE FUNCTION knowledge.store_embedding(
      p_fact_id UUID,
      p_model TEXT,
      p_version TEXT,
      p_vector REAL[],
      p_text TEXT
    )
    RETURNS UUID
    LANGUAGE plpgsql
    SET search_path = pg_catalog, %1$I
    AS $function$
    DECLARE
      v_embedding_id UUID;
    BEGIN
      IF p_vector IS NULL OR NOT EXISTS (SELECT FROM unnest(p_vector) AS v (x) WHERE x <> 0) THEN
        RAISE EXCEPTION 'p_vector must have at least one number that is not zero'
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF cardinality(p_vector) <> 1536 THEN
        RAISE EXCEPTION 'p_vector has %% dimensions, but embeddings of %% %% have 1536',
          cardinality(p_vector), p_model, p_version
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      INSERT INTO knowledge.embeddings AS e
             (fact_id, embedding_model, embedding_version, embedding_vector, text_content,
              content_hash)
      VALUES (p_fact_id, p_model, p_version, p_vector::vector(1536), p_text,
              encode(sha256(convert_to(p_text, 'UTF8')), 'hex'))
      ON CONFLICT (fact_id, embedding_model, embedding_version) DO UPDATE
         SET embedding_vector = EXCLUDED.embedding_vector,
             text_content = EXCLUDED.text_content,
             content_hash = EXCLUDED.content_hash,
             created_at = EXCLUDED.created_at
      RETURNING e.embedding_id INTO v_embedding_id;
      RETURN v_embedding_id;
    END;
    $function$
    $create$,
    v_schema);

  -- The scan goes on until it has found as many of the model as were asked for.
  EXECUTE pg_catalog.format(
    $create$
    CREATE OR REPLACE FUNCTION knowledge.search_similar(
      p_query REAL[],
      p_model TEXT,
      p_version TEXT,
      p_limit INTEGER DEFAULT 10
    )
    RETURNS TABLE (fact_id UUID, embedding_id UUID, distance DOUBLE PRECISION)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, %1$I
    SET hnsw.iterative_scan = 'strict_order'
    SET ivfflat.iterative_scan = 'relaxed_order'
    SET hnsw.ef_search = 100
    AS $function$
    BEGIN
      IF p_query IS NULL OR NOT EXISTS (SELECT FROM unnest(p_query) AS q (x) WHERE x <> 0) THEN
        RAISE EXCEPTION 'p_query must have at least one number that is not zero'
          USING ERRCODE = 'invalid_parameter_value';
      END IF;
      IF cardinality(p_query) <> 1536 THEN
        RETURN;
      END IF;
      RETURN QUERY
      SELECT n.fact_id, n.embedding_id, n.distance
        FROM (
          SELECT e.fact_id, e.embedding_id,
                 e.embedding_vector <=> p_query::vector(1536) AS distance
            FROM knowledge.embeddings AS e
           WHERE e.embedding_model = p_model
             AND e.embedding_version = p_version
             AND e.embedding_vector IS NOT NULL
           ORDER BY e.embedding_vector <=> p_query::vector(1536)
           LIMIT p_limit
        ) AS n
       ORDER BY n.distance, n.embedding_id;
    END;
    $function$
    $create$,
    v_schema);
END;
$$;

CREATE OR REPLACE FUNCTION knowledge.embedding_search_method()
RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT CASE a.amname
              WHEN 'hnsw' THEN 'approximate, by an HNSW index of pgvector'
              ELSE 'approximate, by an ivfflat index of pgvector'
            END
       FROM pg_class c
       JOIN pg_am a ON a.oid = c.relam
      WHERE c.oid = to_regclass('knowledge.idx_knowledge_embeddings_vector')),
    'exact scan by pgvector; its index is missing');
END;
