-- kind: index
-- lint: allow index-not-concurrent — the registry is small, and psql -1 and Flyway take this file too

-- The other ways to find an agent. The registry is small and is written seldom, apart from
-- heartbeats, so that the indexes are built at once, under a short lock.
--
-- agents.state gets no more indexes (its script says why): not on updated_at
-- (idx_agents_state_updated, idx_agents_state_agent_updated), not on state_value
-- (idx_agents_state_value_gin, idx_agents_state_json_path), not with it (idx_agents_state_covering).
-- Its primary key serves what idx_state_key_btree would.

CREATE INDEX idx_agents_registry_heartbeat ON agents.registry (last_heartbeat)
  WHERE status = 'active';

CREATE INDEX idx_agents_registry_active ON agents.registry (agent_type, updated_at)
  WHERE status = 'active';

CREATE INDEX idx_agents_registry_metadata_gin ON agents.registry USING gin (metadata);

CREATE INDEX idx_agents_registry_capabilities_gin ON agents.registry
  USING gin (capabilities jsonb_path_ops);
