-- kind: schema
-- depends-on: 14.1.0
-- lint: allow index-drop-not-concurrent — dropping it takes milliseconds
-- How many numbers the vectors of a model have. The first embedding of a model and version fixes it,
-- also for programs that write without the library: its row here is unique. Of two transactions with
-- first ones the later one waits, or fails with 40001 in an older snapshot. When all embeddings of the
-- model are deleted, the next one fixes it again. A transaction that writes an embedding locks the row
-- as a foreign key would.
--
-- The index idx_knowledge_facts_text_search, which the library does not use since 14.0.0, is dropped: it refused
-- facts whose text has more than 1 MiB of words.

CREATE TABLE knowledge.embedding_models (
  embedding_model VARCHAR(100) NOT NULL,
  embedding_version VARCHAR(20) NOT NULL,
  dimensions INTEGER NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT embedding_models_pkey PRIMARY KEY (embedding_model, embedding_version),
  CONSTRAINT valid_dimensions CHECK (dimensions > 0)
);

-- What most embeddings of a model have.
INSERT INTO knowledge.embedding_models (embedding_model, embedding_version, dimensions)
SELECT DISTINCT ON (e.embedding_model, e.embedding_version)
       e.embedding_model, e.embedding_version, e.dimensions
  FROM (
         SELECT embedding_model, embedding_version,
                cardinality(embedding_vector::REAL[]) AS dimensions, count(*) AS embeddings
           FROM knowledge.embeddings
          WHERE embedding_vector IS NOT NULL
          GROUP BY 1, 2, 3
       ) AS e
 ORDER BY e.embedding_model, e.embedding_version, e.embeddings DESC, e.dimensions;

CREATE FUNCTION knowledge.fix_dimensions()
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

CREATE TRIGGER fix_dimensions
  AFTER INSERT ON knowledge.embeddings
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT
  EXECUTE FUNCTION knowledge.fix_dimensions();

CREATE TRIGGER fix_changed_dimensions
  AFTER UPDATE ON knowledge.embeddings
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT
  EXECUTE FUNCTION knowledge.fix_dimensions();

DROP INDEX knowledge.idx_knowledge_facts_text_search;
