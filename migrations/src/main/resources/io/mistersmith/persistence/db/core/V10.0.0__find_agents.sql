-- kind: index
-- depends-on: 8.0.0
-- lint: allow index-not-concurrent — the registry is small: 100,000 agents take a tenth of a second
-- lint: allow index-drop-not-concurrent — dropping it takes milliseconds
-- Agents by status, and within it by their silence. The index takes the place of the one by the
-- heartbeats of active agents, so that a heartbeat writes as many indexes as before.

CREATE INDEX idx_agents_registry_status_heartbeat ON agents.registry (status, last_heartbeat);

DROP INDEX agents.idx_agents_registry_heartbeat;
