-- kind: schema
-- depends-on: 1.1.0
-- lint: allow constraint-not-valid — the set is applied while nobody writes, as its first script says
-- A row of agents.state has the tenant of the agent that its agent_id names. An owner outside the
-- registry has an agent_id, too, the UUID of its name: an agent that is registered under this UUID
-- would give the owner's rows its tenant. So all rows of such owners are refused.
--
-- When this script fails with 23514, there are such rows already. Find them by
--   SELECT owner, agent_id, tenant_id FROM agents.state WHERE owner IS NOT NULL
-- and save them under a registered agent, or delete them.

ALTER TABLE agents.state
  ADD CONSTRAINT state_of_registered_agent CHECK (owner IS NULL);
