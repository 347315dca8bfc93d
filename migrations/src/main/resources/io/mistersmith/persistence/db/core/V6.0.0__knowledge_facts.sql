-- Knowledge of agents: statements about entities, with their source and confidence.
--
-- A fact outlives the agent that found it: source_agent_id becomes null when the agent is deleted.
--
-- Left out: an index on (entity_type, entity_id), which begins idx_knowledge_facts_entity_predicate.
-- That one has no predicate on the current time, since the time does not stand still in an index.

CREATE SCHEMA IF NOT EXISTS knowledge;

CREATE TABLE knowledge.facts (
  fact_id UUID NOT NULL DEFAULT gen_random_uuid(),
  entity_type VARCHAR(100) NOT NULL,
  entity_id VARCHAR(255) NOT NULL,
  predicate VARCHAR(255) NOT NULL,
  object_value JSONB NOT NULL,
  object_type VARCHAR(50) NOT NULL,
  source_agent_id agents.agent_id_type,
  confidence_score DECIMAL(3, 2),
  evidence JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  valid_from TIMESTAMPTZ NOT NULL DEFAULT now(),
  valid_until TIMESTAMPTZ,
  CONSTRAINT facts_pkey PRIMARY KEY (fact_id),
  CONSTRAINT facts_source_agent_id_fkey
    FOREIGN KEY (source_agent_id) REFERENCES agents.registry (agent_id) ON DELETE SET NULL,
  CONSTRAINT valid_entity_type CHECK (length(entity_type) > 0),
  CONSTRAINT valid_entity_id CHECK (length(entity_id) > 0),
  CONSTRAINT valid_predicate CHECK (length(predicate) > 0),
  CONSTRAINT valid_confidence_score CHECK (confidence_score BETWEEN 0.0 AND 1.0),
  CONSTRAINT valid_validity_period CHECK (valid_until IS NULL OR valid_until > valid_from)
);

CREATE INDEX idx_knowledge_facts_entity_predicate ON knowledge.facts
  (entity_type, entity_id, predicate, valid_from);

CREATE INDEX idx_knowledge_facts_predicate ON knowledge.facts (predicate, created_at);

CREATE INDEX idx_knowledge_facts_source ON knowledge.facts (source_agent_id, created_at);

CREATE INDEX idx_knowledge_facts_validity ON knowledge.facts (valid_from, valid_until);

CREATE INDEX idx_knowledge_facts_confidence ON knowledge.facts (confidence_score DESC, created_at);

CREATE INDEX idx_knowledge_facts_object_gin ON knowledge.facts USING gin (object_value);

CREATE INDEX idx_knowledge_facts_text_search ON knowledge.facts
  USING gin (to_tsvector('pg_catalog.english', object_value ->> 'text_content'))
  WHERE object_type = 'text';

CREATE TRIGGER touch_updated_at
  BEFORE UPDATE ON knowledge.facts
  FOR EACH ROW
  EXECUTE FUNCTION agents.touch_updated_at();
