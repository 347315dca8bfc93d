-- kind: function
-- Which index finds embeddings. ivfflat sorts vectors into lists by the data that is there when it
-- is built: built over nothing it found 67 of 100 nearest neighbours where HNSW found all. So it is
-- built on data or not at all, and HNSW is what there is without asking.

-- Replaces the index by an ivfflat one with p_lists lists, which is smaller and quicker to build.
-- Nobody writes embeddings meanwhile. As a rule: a thousandth of the rows, and for more than a
-- million rows their square root.
CREATE FUNCTION knowledge.build_ivfflat_index(p_lists INTEGER)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_rows BIGINT;
BEGIN
  IF p_lists IS NULL OR p_lists < 1 OR p_lists > 32768 THEN
    RAISE EXCEPTION 'p_lists is %: give 1 to 32768', p_lists
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  LOCK TABLE knowledge.embeddings IN SHARE ROW EXCLUSIVE MODE;
  SELECT count(*) INTO v_rows FROM knowledge.embeddings WHERE embedding_vector IS NOT NULL;
  IF v_rows < p_lists * 30::BIGINT THEN
    RAISE EXCEPTION 'there are % embeddings, too few for % lists', v_rows, p_lists
      USING
        ERRCODE = 'object_not_in_prerequisite_state',
        HINT = 'Each list wants at least 30; keep the HNSW index until there are more.';
  END IF;
  PERFORM knowledge.replace_embedding_index('ivfflat', format(' WITH (lists = %s)', p_lists));
END;
$$;

-- Replaces the index by an HNSW one. Nobody writes embeddings meanwhile.
CREATE FUNCTION knowledge.build_hnsw_index()
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  LOCK TABLE knowledge.embeddings IN SHARE ROW EXCLUSIVE MODE;
  PERFORM knowledge.replace_embedding_index('hnsw', '');
END;
$$;

CREATE FUNCTION knowledge.replace_embedding_index(p_method TEXT, p_options TEXT)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_schema NAME;
BEGIN
  SELECT n.nspname
    INTO STRICT v_schema
    FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace
   WHERE e.extname = 'vector';
  DROP INDEX IF EXISTS knowledge.idx_knowledge_embeddings_vector;
  EXECUTE format(
    'CREATE INDEX idx_knowledge_embeddings_vector ON knowledge.embeddings
       USING %I (embedding_vector %I.vector_cosine_ops)%s',
    p_method, v_schema, p_options);
END;
$$;

-- Its arguments become SQL: only the two functions above, which check theirs, may call it.
REVOKE ALL ON FUNCTION knowledge.replace_embedding_index (TEXT, TEXT) FROM PUBLIC;
