-- kind: schema
-- depends-on: 1.10.0, core 9.0.0
-- lint: allow constraint-not-valid — the set is applied while nobody writes, as its first script says
-- lint: allow change-with-exclusive-lock — the set is applied while nobody writes, as its first script says
-- lint: allow set-not-null — the set is applied while nobody writes, as its first script says
-- lint: allow index-not-concurrent — the set is applied while nobody writes, as its first script says
-- lint: allow several-exclusive-locks — the set is applied while nobody writes, as its first script says
-- Entries of logs have the tenant of the agent that owns the log. As with agents.state, an owner
-- outside the registry belongs to no tenant, and its rows are refused.
--
-- When this script fails with 23514 or 23503, there are such rows already. Find them by
--   SELECT owner, log, count(*) FROM agents.log_entries WHERE owner IS NOT NULL GROUP BY 1, 2

ALTER TABLE agents.log_entries
  ADD COLUMN tenant_id UUID;

-- An owner of the tables who is no superuser would see no agent.
ALTER TABLE agents.registry NO FORCE ROW LEVEL SECURITY;

UPDATE agents.log_entries AS l
   SET tenant_id = r.tenant_id
  FROM agents.registry AS r
 WHERE r.agent_id = l.agent_id;

ALTER TABLE agents.registry FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.log_entries
  ADD CONSTRAINT log_of_registered_agent CHECK (owner IS NULL),
  ALTER COLUMN tenant_id SET NOT NULL;

ALTER TABLE agents.log_entries
  DROP CONSTRAINT log_entries_agent_id_fkey,
  ADD CONSTRAINT log_entries_agent_id_fkey
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents.registry (tenant_id, agent_id)
    ON DELETE CASCADE;

CREATE INDEX idx_agents_log_entries_tenant ON agents.log_entries (tenant_id);

CREATE TRIGGER take_tenant
  BEFORE INSERT ON agents.log_entries
  FOR EACH ROW
  EXECUTE FUNCTION agents.take_tenant_of_agent();

ALTER TABLE agents.log_entries ENABLE ROW LEVEL SECURITY;

ALTER TABLE agents.log_entries FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON agents.log_entries
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON agents.log_entries TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

-- Only the flush writes entries.
GRANT SELECT ON agents.log_entries TO app_tenant;

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.log_entries TO app_flusher;
