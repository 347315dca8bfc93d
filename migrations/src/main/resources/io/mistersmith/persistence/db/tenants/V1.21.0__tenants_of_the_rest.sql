-- kind: schema
-- depends-on: 1.20.0, core 16.1.0
-- lint: allow primary-key-without-index — the set is applied while nobody writes, as its first script says
-- lint: allow change-with-exclusive-lock — the set is applied while nobody writes, as its first script says
-- lint: allow several-exclusive-locks — the set is applied while nobody writes, as its first script says
-- The tenants of what named none so far, so that a runtime can work for one tenant with roles that the
-- policies hold for, as those of the set roles: they are no members of app_flusher. A dead letter
-- belongs to the tenant of its agent, else to the session's of the flush that filed it; a committed
-- transaction and a handled message to their session's; a large value to the session's that wrote it,
-- and to the tenants whose entries have named it.
--
-- What is left without a tenant says nothing about one: the installation, the positions and leases of
-- the journals with the names of their buckets, tasks.dependency_lock and the schema partitions.

SELECT agents.isolate_table('agents.dead_letters');

SELECT agents.isolate_table('agents.committed_transactions');

SELECT agents.isolate_table('messages.handled');

-- Ids that a tenant has chosen are no matter of another one's.
ALTER TABLE agents.committed_transactions
  DROP CONSTRAINT committed_transactions_pkey,
  ADD CONSTRAINT committed_transactions_pkey PRIMARY KEY (correlation_id, tenant_id);

ALTER TABLE messages.handled
  DROP CONSTRAINT handled_pkey,
  ADD CONSTRAINT handled_pkey PRIMARY KEY (consumer, message_id, tenant_id);

-- As before, an application has them through a runtime alone.
REVOKE ALL ON agents.dead_letters, agents.committed_transactions, messages.handled FROM app_tenant;

-- An owner of the tables who is no superuser would see neither agents nor letters.
ALTER TABLE agents.registry NO FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.dead_letters NO FORCE ROW LEVEL SECURITY;

UPDATE agents.dead_letters AS d
   SET tenant_id = r.tenant_id
  FROM agents.registry AS r
 WHERE r.agent_id::text = d.agent;

ALTER TABLE agents.dead_letters FORCE ROW LEVEL SECURITY;

-- An agent of a letter may be unknown, or no UUID.
CREATE FUNCTION agents.take_tenant_of_letter()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_tenant UUID;
BEGIN
  IF NEW.agent ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    SELECT r.tenant_id INTO v_tenant FROM agents.registry AS r WHERE r.agent_id = NEW.agent::uuid;
    NEW.tenant_id := coalesce(v_tenant, NEW.tenant_id);
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER take_tenant
  BEFORE INSERT ON agents.dead_letters
  FOR EACH ROW
  EXECUTE FUNCTION agents.take_tenant_of_letter();

ALTER TABLE agents.large_value_names NO FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.large_value_names
  ADD COLUMN tenant_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';

UPDATE agents.large_value_names AS n
   SET tenant_id = r.tenant_id
  FROM agents.registry AS r
 WHERE r.agent_id = n.agent_id;

ALTER TABLE agents.large_value_names ALTER COLUMN tenant_id DROP DEFAULT;

ALTER TABLE agents.large_value_names FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.registry FORCE ROW LEVEL SECURITY;

CREATE TRIGGER take_tenant
  BEFORE INSERT ON agents.large_value_names
  FOR EACH ROW
  EXECUTE FUNCTION agents.take_tenant_of_agent();

CREATE POLICY tenant_isolation ON agents.large_value_names
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

-- The tenant whose session wrote the content; NULL where it was written for all of them. Not tenant_id:
-- what is written for all has names of any tenant.
ALTER TABLE agents.large_values ADD COLUMN written_for UUID;

ALTER TABLE agents.large_values ALTER COLUMN written_for SET DEFAULT agents.current_tenant_id();

ALTER TABLE agents.value_chunks ADD COLUMN written_for UUID;

ALTER TABLE agents.value_chunks ALTER COLUMN written_for SET DEFAULT agents.current_tenant_id();

CREATE POLICY tenant_writes ON agents.large_values
  USING (written_for = agents.current_tenant_id())
  WITH CHECK (written_for = agents.current_tenant_id());

CREATE POLICY tenant_writes ON agents.value_chunks
  USING (written_for = agents.current_tenant_id())
  WITH CHECK (written_for = agents.current_tenant_id());

-- For reading alone: one who sees not all names would take contents for unnamed.
CREATE POLICY tenant_reads ON agents.large_values FOR SELECT
  USING (
    EXISTS (
      SELECT
        FROM agents.large_value_names AS n
       WHERE n.content = large_values.content AND n.tenant_id = agents.current_tenant_id()
    )
  );

CREATE POLICY tenant_reads ON agents.value_chunks FOR SELECT
  USING (
    EXISTS (
      SELECT
        FROM agents.large_value_names AS n
       WHERE n.content = value_chunks.content AND n.tenant_id = agents.current_tenant_id()
    )
  );
