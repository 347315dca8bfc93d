-- kind: function
-- depends-on: core 1.8.0
-- Tenants that share one database and cannot see or touch each other's rows.
--
-- The roles and their rights:
--   app_tenant    an application: the rows of the tenant that its session names, no others
--   app_flusher   the library's runtime: its batches span tenants, so a policy of its own lets it
--                 see all rows. A policy and not BYPASSRLS, which only a superuser can give away and
--                 which would reach into every other table of the database
--   app_readonly  reports: agents.registry_masked and nothing else, within its tenant too
--   app_masked    owns that view, so that the view is subject to the policies; grant it to nobody
-- They are group roles without a login; grant them to the users that log in. Superusers see
-- everything. The tables' owner does not: the policies hold for it too (FORCE), so a role that
-- migrates or maintains data and is no superuser must be granted app_flusher, or it sees no rows.
--
-- Which tenant a session works for is the setting app.current_tenant_id:
--   in a transaction     SELECT agents.use_tenant('…')
--   for a connection     ?options=-c%20app.current_tenant_id=… in the JDBC URL
--   for a user           ALTER ROLE … SET app.current_tenant_id = '…'
-- Unset or empty, there are no rows to see and none can be written; text that is no UUID is an
-- error (22P02). A role that may run any SQL can name any tenant: an application binds its session
-- before it runs what a user sent.
--
-- The library's runtime names its tenant by its connection or user. The agents that it registers
-- belong to that tenant, or to 00000000-0000-0000-0000-000000000000 when it names none, as do all
-- rows from before this set. Flushed rows take the tenant of their agent, whichever runtime flushes.
-- A runtime that names a tenant cannot change or delete another tenant's agents, but it reads them.
-- NATS knows nothing of this: give tenants buckets (name prefixes) or accounts of their own there.
--
-- Apply while nobody writes: the new keys are checked against all rows under a lock.

DO $$
DECLARE
  v_role TEXT;
BEGIN
  FOREACH v_role IN ARRAY ARRAY['app_tenant', 'app_flusher', 'app_readonly', 'app_masked'] LOOP
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role) THEN
      IF EXISTS (
        SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role AND (rolsuper OR rolbypassrls)
      ) THEN
        RAISE EXCEPTION 'role % is there already and bypasses row-level security', v_role
          USING
            ERRCODE = '42501',
            HINT = pg_catalog.format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS', v_role);
      END IF;
    ELSIF NOT (
      SELECT rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user
    ) THEN
      RAISE EXCEPTION 'role % is missing and % may not create roles', v_role, current_user
        USING
          ERRCODE = '42501',
          HINT = pg_catalog.format(
            'As a role with CREATEROLE: CREATE ROLE %I NOLOGIN; GRANT app_masked TO %I', v_role,
            current_user);
    ELSE
      BEGIN
        EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', v_role);
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN
          RAISE NOTICE 'role % was created by somebody else meanwhile', v_role;
      END;
    END IF;
  END LOOP;
END;
$$;

-- Written so that it is inlined, and an index on tenant_id can be used.
CREATE FUNCTION agents.current_tenant_id()
RETURNS UUID
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('app.current_tenant_id', TRUE), '')::uuid;

-- Names the tenant until the end of the transaction; NULL names none. Outside a transaction it
-- lasts for its own statement only.
CREATE FUNCTION agents.use_tenant(p_tenant_id UUID)
RETURNS UUID
LANGUAGE sql VOLATILE
RETURN nullif(
  set_config('app.current_tenant_id', coalesce(p_tenant_id::text, ''), TRUE), ''
)::uuid;

-- The tenant of a new row that says nothing itself and belongs to no agent.
CREATE FUNCTION agents.tenant_of_session()
RETURNS UUID
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce(agents.current_tenant_id(), '00000000-0000-0000-0000-000000000000'::uuid);

-- Gives a new row the tenant of its agent. If that agent is unknown here, or another tenant's and so
-- not to be seen, the foreign key refuses the row.
CREATE FUNCTION agents.take_tenant_of_agent()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF NEW.tenant_id IS NULL THEN
    SELECT r.tenant_id INTO NEW.tenant_id FROM agents.registry r WHERE r.agent_id = NEW.agent_id;
    IF NEW.tenant_id IS NULL THEN
      NEW.tenant_id := agents.tenant_of_session();
    END IF;
  END IF;
  RETURN NEW;
END;
$$;

-- Keeps a runtime, which the policies let through, from changing agents of other tenants than the
-- one that its session names. Not fired by heartbeats and notes of what was published.
CREATE FUNCTION agents.refuse_other_tenant()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF OLD.tenant_id <> agents.current_tenant_id() THEN
    RAISE EXCEPTION 'agent % belongs to another tenant', OLD.agent_id USING ERRCODE = '42501';
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END;
$$;

GRANT USAGE ON SCHEMA agents TO app_tenant, app_flusher, app_readonly, app_masked;
