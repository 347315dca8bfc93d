-- lint: allow primary-key-without-index — it is taken back while nobody writes, as it was applied
-- lint: allow change-with-exclusive-lock — it is taken back while nobody writes, as it was applied

DO $$
BEGIN
  IF pg_catalog.to_regprocedure('events.forget(uuid, uuid[], timestamptz, integer)') IS NOT NULL THEN
    REVOKE EXECUTE ON FUNCTION events.forget(UUID, UUID[], TIMESTAMPTZ, INTEGER) FROM app_flusher;
  END IF;
END;
$$;

-- Of rows that two tenants have of one agent, either will do: forgetting goes on with it.
ALTER TABLE agents.forgotten NO FORCE ROW LEVEL SECURITY;

DELETE FROM agents.forgotten AS f
 USING agents.forgotten AS o
 WHERE o.agent_id = f.agent_id AND o.tenant_id < f.tenant_id;

ALTER TABLE agents.forgotten
  DROP CONSTRAINT forgotten_pkey,
  ADD CONSTRAINT forgotten_pkey PRIMARY KEY (agent_id);

SELECT agents.join_table('agents.forgotten');
