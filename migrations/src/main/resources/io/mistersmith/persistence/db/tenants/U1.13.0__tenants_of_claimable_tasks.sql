REVOKE USAGE, SELECT ON SEQUENCE tasks.ready_positions, tasks.lease_tokens
  FROM app_tenant, app_flusher;

REVOKE SELECT, INSERT, UPDATE, DELETE ON tasks.ready, tasks.leases, tasks.timers
  FROM app_tenant, app_flusher;

DROP POLICY flusher_spans_tenants ON tasks.timers;

DROP POLICY tenant_isolation ON tasks.timers;

DROP POLICY flusher_spans_tenants ON tasks.leases;

DROP POLICY tenant_isolation ON tasks.leases;

DROP POLICY flusher_spans_tenants ON tasks.ready;

DROP POLICY tenant_isolation ON tasks.ready;

ALTER TABLE tasks.timers NO FORCE ROW LEVEL SECURITY;

ALTER TABLE tasks.timers DISABLE ROW LEVEL SECURITY;

ALTER TABLE tasks.leases NO FORCE ROW LEVEL SECURITY;

ALTER TABLE tasks.leases DISABLE ROW LEVEL SECURITY;

ALTER TABLE tasks.ready NO FORCE ROW LEVEL SECURITY;

ALTER TABLE tasks.ready DISABLE ROW LEVEL SECURITY;

DROP TRIGGER take_tenant ON tasks.leases;

DROP TRIGGER take_tenant ON tasks.timers;

DROP TRIGGER take_tenant ON tasks.ready;

DROP FUNCTION agents.take_tenant_of_claim();

ALTER TABLE tasks.timers DROP COLUMN tenant_id;

ALTER TABLE tasks.leases DROP COLUMN tenant_id;

ALTER TABLE tasks.ready DROP COLUMN tenant_id;
