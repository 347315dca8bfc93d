-- lint: allow constraint-not-valid — it is taken back while nobody writes, as it was applied

REVOKE SELECT ON agents.log_entries FROM app_tenant;

REVOKE SELECT, INSERT, UPDATE, DELETE ON agents.log_entries FROM app_flusher;

DROP POLICY flusher_spans_tenants ON agents.log_entries;

DROP POLICY tenant_isolation ON agents.log_entries;

ALTER TABLE agents.log_entries NO FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.log_entries DISABLE ROW LEVEL SECURITY;

DROP TRIGGER take_tenant ON agents.log_entries;

DROP INDEX agents.idx_agents_log_entries_tenant;

ALTER TABLE agents.log_entries
  DROP CONSTRAINT log_of_registered_agent,
  DROP CONSTRAINT log_entries_agent_id_fkey,
  ADD CONSTRAINT log_entries_agent_id_fkey
    FOREIGN KEY (agent_id, registered) REFERENCES agents.registry (agent_id, registered)
    ON DELETE CASCADE;

ALTER TABLE agents.log_entries DROP COLUMN tenant_id;
