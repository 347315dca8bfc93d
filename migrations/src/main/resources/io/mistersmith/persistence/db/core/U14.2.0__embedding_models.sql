-- lint: allow index-not-concurrent — it is taken back while nobody writes
-- Fails where a text has more than 1 MiB of words.
CREATE INDEX idx_knowledge_facts_text_search ON knowledge.facts
  USING gin (to_tsvector('pg_catalog.english', object_value ->> 'text_content'))
  WHERE object_type = 'text';

DROP TRIGGER fix_changed_dimensions ON knowledge.embeddings;

DROP TRIGGER fix_dimensions ON knowledge.embeddings;

DROP FUNCTION knowledge.fix_dimensions();

DROP TABLE knowledge.embedding_models;
