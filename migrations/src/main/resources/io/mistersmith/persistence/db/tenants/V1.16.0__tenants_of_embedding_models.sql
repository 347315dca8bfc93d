-- kind: schema
-- depends-on: 1.8.0, core 14.2.0
-- lint: allow unique-without-index — the set is applied while nobody writes, as its first script says
-- Each tenant's first embedding of a model fixes how many numbers that tenant's vectors of it have.

SELECT agents.isolate_table('knowledge.embedding_models');

ALTER TABLE knowledge.embedding_models
  DROP CONSTRAINT embedding_models_pkey,
  ADD CONSTRAINT embedding_models_pkey
    PRIMARY KEY (tenant_id, embedding_model, embedding_version);

-- An owner of the tables who is no superuser would see no row.
ALTER TABLE knowledge.embeddings NO FORCE ROW LEVEL SECURITY;

ALTER TABLE knowledge.embedding_models NO FORCE ROW LEVEL SECURITY;

DELETE FROM knowledge.embedding_models AS m
 WHERE NOT EXISTS (
         SELECT
           FROM knowledge.embeddings AS e
          WHERE e.tenant_id = m.tenant_id
            AND e.embedding_model = m.embedding_model
            AND e.embedding_version = m.embedding_version
       );

INSERT INTO knowledge.embedding_models
       (tenant_id, embedding_model, embedding_version, dimensions)
SELECT DISTINCT ON (e.tenant_id, e.embedding_model, e.embedding_version)
       e.tenant_id, e.embedding_model, e.embedding_version,
       cardinality(e.embedding_vector::REAL[])
  FROM knowledge.embeddings AS e
 WHERE e.embedding_vector IS NOT NULL
 ORDER BY e.tenant_id, e.embedding_model, e.embedding_version
ON CONFLICT DO NOTHING;

ALTER TABLE knowledge.embedding_models FORCE ROW LEVEL SECURITY;

ALTER TABLE knowledge.embeddings FORCE ROW LEVEL SECURITY;
