-- lint: allow unique-without-index — it is taken back while nobody writes, as it was applied
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
