-- lint: allow index-not-concurrent — the registry is small: 100,000 agents take a tenth of a second

CREATE INDEX idx_agents_registry_heartbeat ON agents.registry (last_heartbeat)
  WHERE status = 'active';

DROP INDEX agents.idx_agents_registry_status_heartbeat;
