-- The registry of agents: written first in PostgreSQL, then published to the AGENT_CONFIG bucket.

CREATE TABLE agents.registry (
  agent_id agents.agent_id_type NOT NULL DEFAULT gen_random_uuid(),
  -- Always true. agents.state refers to both columns, and has null here for owners that are not
  -- registered, so that their rows refer to nothing.
  registered BOOLEAN NOT NULL DEFAULT TRUE,
  agent_type VARCHAR(50) NOT NULL,
  agent_name VARCHAR(255) NOT NULL,
  status agents.agent_status_type NOT NULL DEFAULT 'initializing',
  capabilities JSONB NOT NULL DEFAULT '{}',
  configuration JSONB NOT NULL DEFAULT '{}',
  metadata JSONB NOT NULL DEFAULT agents.default_agent_metadata(),
  parent_agent_id agents.agent_id_type,
  -- Counts the writes of the agent, for compare-and-set; heartbeats are no writes.
  version BIGINT NOT NULL DEFAULT 1,
  -- The version that the bucket is known to hold; below version, a publication is owed.
  published_version BIGINT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  last_heartbeat TIMESTAMPTZ,
  CONSTRAINT registry_pkey PRIMARY KEY (agent_id),
  CONSTRAINT always_registered CHECK (registered),
  CONSTRAINT registry_parent_agent_id_fkey
    FOREIGN KEY (parent_agent_id) REFERENCES agents.registry (agent_id),
  CONSTRAINT valid_agent_name CHECK (length(agent_name) > 0),
  CONSTRAINT valid_agent_type CHECK (length(agent_type) > 0),
  CONSTRAINT valid_agent_metadata CHECK (agents.validate_agent_metadata(metadata)),
  -- The bucket may be ahead of a database that was put back to an earlier time.
  CONSTRAINT valid_agent_version CHECK (version > 0 AND published_version >= 0),
  CONSTRAINT no_self_parent CHECK (agent_id IS DISTINCT FROM parent_agent_id)
) WITH (
  -- Heartbeats rewrite the rows all the time: vacuum sooner, and with a larger budget.
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 1000
);

-- Target of the foreign key of agents.state.
CREATE UNIQUE INDEX idx_agents_registry_registered ON agents.registry (agent_id, registered);

CREATE INDEX idx_agents_registry_type_status ON agents.registry (agent_type, status);

CREATE INDEX idx_agents_registry_parent ON agents.registry (parent_agent_id)
  WHERE parent_agent_id IS NOT NULL;

CREATE INDEX idx_agents_registry_unpublished ON agents.registry (updated_at)
  WHERE published_version < version;

CREATE INDEX idx_agents_registry_heartbeat ON agents.registry (last_heartbeat)
  WHERE status = 'active';

CREATE INDEX idx_agents_registry_active ON agents.registry (agent_type, updated_at)
  WHERE status = 'active';

CREATE INDEX idx_agents_registry_metadata_gin ON agents.registry USING gin (metadata);

CREATE INDEX idx_agents_registry_capabilities_gin ON agents.registry
  USING gin (capabilities jsonb_path_ops);

-- Not for heartbeats and publications, which change neither the agent nor its updated_at.
CREATE TRIGGER touch_updated_at
  BEFORE UPDATE OF
    agent_type, agent_name, status, capabilities, configuration, metadata, parent_agent_id
  ON agents.registry
  FOR EACH ROW
  EXECUTE FUNCTION agents.touch_updated_at();
