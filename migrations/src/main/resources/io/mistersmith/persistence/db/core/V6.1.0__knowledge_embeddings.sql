-- Embeddings of facts, and the search for the nearest ones, on a server without any extension.
--
-- Three functions are the interface, and it is the same with pgvector: the optional set `vector`
-- gives the column its type and replaces their bodies. Here a search compares the query with every
-- embedding of its model and version; embedding_search_method() says which of the two it is.
--
-- Left out: an index on (fact_id), which begins embeddings_fact_model_version_key.

CREATE TABLE knowledge.embeddings (
  embedding_id UUID NOT NULL DEFAULT gen_random_uuid(),
  fact_id UUID NOT NULL,
  embedding_model VARCHAR(100) NOT NULL,
  embedding_version VARCHAR(20) NOT NULL,
  -- Null until it is known.
  embedding_vector REAL[],
  text_content TEXT NOT NULL,
  -- SHA-256 of text_content, in hexadecimal.
  content_hash VARCHAR(64) NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT embeddings_pkey PRIMARY KEY (embedding_id),
  CONSTRAINT embeddings_fact_model_version_key
    UNIQUE (fact_id, embedding_model, embedding_version),
  CONSTRAINT embeddings_fact_id_fkey
    FOREIGN KEY (fact_id) REFERENCES knowledge.facts (fact_id) ON DELETE CASCADE,
  CONSTRAINT valid_embedding_model CHECK (length(embedding_model) > 0),
  CONSTRAINT valid_text_content CHECK (length(text_content) > 0),
  -- Refuses values that a vector of pgvector could not hold either.
  CONSTRAINT valid_embedding_vector CHECK (
    embedding_vector IS NULL
    OR (
      cardinality(embedding_vector) > 0
      AND array_ndims(embedding_vector) = 1
      AND array_position(embedding_vector, NULL) IS NULL
      AND array_position(embedding_vector, 'NaN') IS NULL
      AND array_position(embedding_vector, 'Infinity') IS NULL
      AND array_position(embedding_vector, '-Infinity') IS NULL
    )
  )
);

CREATE INDEX idx_knowledge_embeddings_model ON knowledge.embeddings
  (embedding_model, embedding_version);

CREATE INDEX idx_knowledge_embeddings_hash ON knowledge.embeddings (content_hash);

-- Stores the embedding of a fact by a model and its version, in place of the one that there was.
-- Refuses a vector of another length than the model's others, and one of length zero, which
-- points nowhere.
CREATE FUNCTION knowledge.store_embedding(
  p_fact_id UUID,
  p_model TEXT,
  p_version TEXT,
  p_vector REAL[],
  p_text TEXT
)
RETURNS UUID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_embedding_id UUID;
  v_dimensions INTEGER;
BEGIN
  IF p_vector IS NULL OR NOT EXISTS (SELECT FROM unnest(p_vector) AS v (x) WHERE x <> 0) THEN
    RAISE EXCEPTION 'p_vector must have at least one number that is not zero'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT cardinality(e.embedding_vector)
    INTO v_dimensions
    FROM knowledge.embeddings AS e
   WHERE e.embedding_model = p_model
     AND e.embedding_version = p_version
     AND e.embedding_vector IS NOT NULL
     AND e.fact_id <> p_fact_id
   LIMIT 1;
  IF v_dimensions <> cardinality(p_vector) THEN
    RAISE EXCEPTION 'p_vector has % dimensions, but embeddings of % % have %',
      cardinality(p_vector), p_model, p_version, v_dimensions
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  INSERT INTO knowledge.embeddings AS e
         (fact_id, embedding_model, embedding_version, embedding_vector, text_content,
          content_hash)
  VALUES (p_fact_id, p_model, p_version, p_vector, p_text,
          encode(sha256(convert_to(p_text, 'UTF8')), 'hex'))
  ON CONFLICT (fact_id, embedding_model, embedding_version) DO UPDATE
     SET embedding_vector = EXCLUDED.embedding_vector,
         text_content = EXCLUDED.text_content,
         content_hash = EXCLUDED.content_hash,
         created_at = EXCLUDED.created_at
  RETURNING e.embedding_id INTO v_embedding_id;
  RETURN v_embedding_id;
END;
$$;

-- The p_limit embeddings of a model and version that are nearest to p_query by cosine distance
-- (0 the same direction, 1 unrelated, 2 opposite), nearest first.
CREATE FUNCTION knowledge.search_similar(
  p_query REAL[],
  p_model TEXT,
  p_version TEXT,
  p_limit INTEGER DEFAULT 10
)
RETURNS TABLE (fact_id UUID, embedding_id UUID, distance DOUBLE PRECISION)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $$
DECLARE
  v_length DOUBLE PRECISION;
BEGIN
  SELECT sqrt(sum(x::DOUBLE PRECISION * x)) INTO v_length FROM unnest(p_query) AS q (x);
  IF v_length IS NULL OR v_length = 0 THEN
    RAISE EXCEPTION 'p_query must have at least one number that is not zero'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  RETURN QUERY
  SELECT e.fact_id, e.embedding_id,
         1 - greatest(-1, least(1, s.product / (s.length * v_length)))
    FROM knowledge.embeddings AS e
   CROSS JOIN LATERAL (
           SELECT sum(v.x::DOUBLE PRECISION * v.y) AS product,
                  sqrt(sum(v.x::DOUBLE PRECISION * v.x)) AS length
             FROM unnest(e.embedding_vector, p_query) AS v (x, y)
         ) AS s
   WHERE e.embedding_model = p_model
     AND e.embedding_version = p_version
     AND cardinality(e.embedding_vector) = cardinality(p_query)
     AND s.length > 0
   ORDER BY 3, e.embedding_id
   LIMIT p_limit;
END;
$$;

-- How search_similar finds what it returns.
CREATE FUNCTION knowledge.embedding_search_method()
RETURNS TEXT
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN 'exact scan in SQL; pgvector is not installed';
