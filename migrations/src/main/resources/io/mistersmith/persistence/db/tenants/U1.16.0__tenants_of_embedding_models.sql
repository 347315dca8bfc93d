-- lint: allow primary-key-without-index — it is taken back while nobody writes, as it was applied
-- lint: allow change-with-exclusive-lock — it is taken back while nobody writes, as it was applied
CREATE OR REPLACE FUNCTION knowledge.fix_dimensions()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_other RECORD;
BEGIN
  FOR v_attempt IN 1 .. 3 LOOP
    PERFORM
      FROM knowledge.embedding_models AS m
     WHERE EXISTS (
             SELECT
               FROM added AS a
              WHERE a.embedding_model = m.embedding_model
                AND a.embedding_version = m.embedding_version
           )
     ORDER BY m.embedding_model, m.embedding_version
       FOR KEY SHARE;
    SELECT a.fact_id, a.embedding_model AS model, a.embedding_version AS version,
           cardinality(a.embedding_vector::REAL[]) AS dimensions
      INTO v_other
      FROM added AS a
     WHERE a.embedding_vector IS NOT NULL
       AND NOT EXISTS (
             SELECT
               FROM knowledge.embedding_models AS m
              WHERE m.embedding_model = a.embedding_model
                AND m.embedding_version = a.embedding_version
                AND m.dimensions = cardinality(a.embedding_vector::REAL[])
           )
     LIMIT 1;
    IF NOT FOUND THEN
      RETURN NULL;
    ELSIF v_attempt = 1 THEN
      INSERT INTO knowledge.embedding_models
             (embedding_model, embedding_version, dimensions)
      SELECT DISTINCT ON (a.embedding_model, a.embedding_version)
             a.embedding_model, a.embedding_version,
             cardinality(a.embedding_vector::REAL[])
        FROM added AS a
       WHERE a.embedding_vector IS NOT NULL
       ORDER BY a.embedding_model, a.embedding_version
      ON CONFLICT DO NOTHING;
    ELSIF v_attempt = 2 AND current_setting('transaction_isolation') = 'read committed' THEN
      PERFORM
        FROM knowledge.embedding_models AS m
       WHERE m.embedding_model = v_other.model
         AND m.embedding_version = v_other.version
         FOR UPDATE;
      UPDATE knowledge.embedding_models AS m
         SET dimensions = v_other.dimensions
       WHERE m.embedding_model = v_other.model
         AND m.embedding_version = v_other.version
         AND NOT EXISTS (
               SELECT
                 FROM knowledge.embeddings AS e
                WHERE e.embedding_model = v_other.model
                  AND e.embedding_version = v_other.version
                  AND cardinality(e.embedding_vector::REAL[]) <> v_other.dimensions
             );
    END IF;
  END LOOP;
  RAISE EXCEPTION 'an embedding of fact % by % % has % dimensions: those of the model have another number',
    v_other.fact_id, v_other.model, v_other.version, v_other.dimensions
    USING ERRCODE = 'check_violation',
          SCHEMA = 'knowledge',
          TABLE = 'embeddings',
          CONSTRAINT = 'dimensions_of_model';
END;
$$;

-- Of the tenants' rows of a model one stays.
ALTER TABLE knowledge.embedding_models NO FORCE ROW LEVEL SECURITY;

DELETE FROM knowledge.embedding_models AS m
 USING knowledge.embedding_models AS o
 WHERE o.embedding_model = m.embedding_model
   AND o.embedding_version = m.embedding_version
   AND o.tenant_id < m.tenant_id;

ALTER TABLE knowledge.embedding_models
  DROP CONSTRAINT embedding_models_pkey,
  ADD CONSTRAINT embedding_models_pkey PRIMARY KEY (embedding_model, embedding_version);

SELECT agents.join_table('knowledge.embedding_models');
