-- kind: schema
-- lint: allow unique-without-index — the set is applied while nobody writes, as its first script says
-- lint: allow constraint-not-valid — the set is applied while nobody writes, as its first script says
-- lint: allow several-exclusive-locks — the set is applied while nobody writes, as its first script says
-- lint: allow index-not-concurrent — the set is applied while nobody writes, as its first script says
-- The tenant of each agent and of its state.
--
-- Checks of foreign keys are not subject to policies, so the keys carry the tenant: no row can refer
-- to another tenant's. The primary keys stay as they are; the flush relies on them.
--
-- A row of agents.state refers to an agent whatever its owner is: an owner outside the registry has
-- no tenant, so its entries are refused and become dead letters.

ALTER TABLE agents.registry
  ADD COLUMN tenant_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

ALTER TABLE agents.registry ALTER COLUMN tenant_id SET DEFAULT agents.tenant_of_session();

ALTER TABLE agents.registry
  ADD CONSTRAINT registry_tenant_agent_key UNIQUE (tenant_id, agent_id);

ALTER TABLE agents.registry
  DROP CONSTRAINT registry_parent_agent_id_fkey,
  ADD CONSTRAINT registry_parent_agent_id_fkey
    FOREIGN KEY (tenant_id, parent_agent_id) REFERENCES agents.registry (tenant_id, agent_id);

CREATE TRIGGER refuse_other_tenant
  BEFORE DELETE OR UPDATE OF
    agent_id, agent_type, agent_name, status, capabilities, configuration, metadata,
    parent_agent_id, tenant_id
  ON agents.registry
  FOR EACH ROW
  EXECUTE FUNCTION agents.refuse_other_tenant();

ALTER TABLE agents.state
  ADD COLUMN tenant_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

ALTER TABLE agents.state ALTER COLUMN tenant_id DROP DEFAULT;

ALTER TABLE agents.state
  DROP CONSTRAINT state_agent_id_fkey,
  ADD CONSTRAINT state_agent_id_fkey
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents.registry (tenant_id, agent_id)
    ON DELETE CASCADE;

-- An index, so that a tenant's share is found; it is no part of heap-only updates' concern, since
-- no flush changes it.
CREATE INDEX idx_agents_state_tenant ON agents.state (tenant_id);

CREATE TRIGGER take_tenant
  BEFORE INSERT ON agents.state
  FOR EACH ROW
  EXECUTE FUNCTION agents.take_tenant_of_agent();

ALTER TABLE agents.registry ENABLE ROW LEVEL SECURITY;

ALTER TABLE agents.registry FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON agents.registry
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON agents.registry TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

ALTER TABLE agents.state ENABLE ROW LEVEL SECURITY;

ALTER TABLE agents.state FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON agents.state
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON agents.state TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

-- Never on partitions, whose rows no policy guards when they are asked directly, and never
-- TRUNCATE, which knows no policies.
GRANT SELECT, INSERT, UPDATE, DELETE ON agents.registry TO app_tenant, app_flusher;

-- Only the flush writes state.
GRANT SELECT ON agents.state TO app_tenant;

GRANT SELECT, INSERT, UPDATE, DELETE
  ON agents.state, agents.dead_letters,
    agents.journal_epochs, agents.journal_positions, agents.journal_leases, agents.journal_samples
  TO app_flusher;

GRANT USAGE ON SEQUENCE agents.journal_epoch_numbers TO app_flusher;

-- The runtime compares the buckets with the installation's identity, which belongs to no tenant.
GRANT SELECT ON agents.installation TO app_flusher;

-- Partitions that are made later are new tables, and must not be opened by default.
ALTER DEFAULT PRIVILEGES IN SCHEMA agents
  REVOKE ALL ON TABLES FROM PUBLIC, app_tenant, app_flusher, app_readonly, app_masked;
