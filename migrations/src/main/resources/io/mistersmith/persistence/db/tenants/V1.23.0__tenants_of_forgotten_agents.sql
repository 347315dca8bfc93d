-- kind: schema
-- depends-on: 1.20.0, core 17.1.0
-- lint: allow primary-key-without-index — the set is applied while nobody writes, as its first script says
-- Who is forgotten belongs to the session's tenant. Only a runtime of the same tenant goes on with it:
-- a runtime that sees all tenants would remove the agent of another tenant that is named here.

SELECT agents.isolate_table('agents.forgotten');

-- As before, an application has them through a runtime alone.
REVOKE ALL ON agents.forgotten FROM app_tenant;

-- A tenant that names another's agent keeps nobody from forgetting it.
ALTER TABLE agents.forgotten
  DROP CONSTRAINT forgotten_pkey,
  ADD CONSTRAINT forgotten_pkey PRIMARY KEY (agent_id, tenant_id);

ALTER POLICY flusher_spans_tenants ON agents.forgotten
  USING (tenant_id = agents.tenant_of_session())
  WITH CHECK (tenant_id = agents.tenant_of_session());

DO $$
BEGIN
  IF pg_catalog.to_regprocedure('events.forget(uuid, uuid[], timestamptz, integer)') IS NOT NULL THEN
    GRANT EXECUTE ON FUNCTION events.forget(UUID, UUID[], TIMESTAMPTZ, INTEGER) TO app_flusher;
  END IF;
END;
$$;
