-- lint: allow constraint-not-valid — it is taken back while nobody writes, as it was applied

REVOKE ALL ON agents.installation FROM app_flusher;

REVOKE ALL ON SEQUENCE agents.journal_epoch_numbers FROM app_flusher;

REVOKE ALL
  ON agents.registry, agents.state, agents.dead_letters,
    agents.journal_epochs, agents.journal_positions, agents.journal_leases, agents.journal_samples
  FROM app_tenant, app_flusher;

DROP POLICY flusher_spans_tenants ON agents.state;
DROP POLICY tenant_isolation ON agents.state;
ALTER TABLE agents.state NO FORCE ROW LEVEL SECURITY;
ALTER TABLE agents.state DISABLE ROW LEVEL SECURITY;
DROP POLICY flusher_spans_tenants ON agents.registry;
DROP POLICY tenant_isolation ON agents.registry;
ALTER TABLE agents.registry NO FORCE ROW LEVEL SECURITY;
ALTER TABLE agents.registry DISABLE ROW LEVEL SECURITY;

DROP TRIGGER take_tenant ON agents.state;
DROP INDEX agents.idx_agents_state_tenant;

ALTER TABLE agents.state
  DROP CONSTRAINT state_agent_id_fkey,
  ADD CONSTRAINT state_agent_id_fkey
    FOREIGN KEY (agent_id, registered) REFERENCES agents.registry (agent_id, registered)
    ON DELETE CASCADE;

ALTER TABLE agents.state DROP COLUMN tenant_id;

DROP TRIGGER refuse_other_tenant ON agents.registry;

ALTER TABLE agents.registry
  DROP CONSTRAINT registry_parent_agent_id_fkey,
  ADD CONSTRAINT registry_parent_agent_id_fkey
    FOREIGN KEY (parent_agent_id) REFERENCES agents.registry (agent_id);

ALTER TABLE agents.registry
  DROP CONSTRAINT registry_tenant_agent_key,
  DROP COLUMN tenant_id;
