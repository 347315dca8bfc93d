-- kind: schema
-- depends-on: 1.8.0, core 16.0.0
-- lint: allow change-with-exclusive-lock — the set is applied while nobody writes, as its first script says
-- lint: allow set-not-null — the set is applied while nobody writes, as its first script says
-- lint: allow several-exclusive-locks — the set is applied while nobody writes, as its first script says
-- lint: allow index-drop-not-concurrent — the set is applied while nobody writes, as its first script says
-- lint: allow index-not-concurrent — the set is applied while nobody writes, as its first script says
-- A run of a saga belongs to the tenant of the run that it is nested in, else to the session's. Its log
-- and its row of sagas.open have its tenant, whichever runtime works for it; they refer to it by no
-- foreign key, so a trigger looks the tenant up. Unique keys are unique among the runs of one tenant.

GRANT USAGE ON SCHEMA sagas TO app_tenant, app_flusher;

SELECT agents.isolate_table('sagas.runs', 'parent_id');

DROP INDEX sagas.idx_sagas_runs_unique_key;

CREATE UNIQUE INDEX idx_sagas_runs_unique_key ON sagas.runs (name, unique_key, tenant_id)
  WHERE unique_key IS NOT NULL;

CREATE OR REPLACE FUNCTION sagas.has_own_key(p_run sagas.runs)
RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT p_run.tenant_id = agents.tenant_of_session()
$$;

ALTER TABLE sagas.log ADD COLUMN tenant_id UUID;

ALTER TABLE sagas.open ADD COLUMN tenant_id UUID;

-- An owner of the tables who is no superuser would see no run.
ALTER TABLE sagas.runs NO FORCE ROW LEVEL SECURITY;

UPDATE sagas.log AS l SET tenant_id = r.tenant_id FROM sagas.runs AS r WHERE r.saga_id = l.saga_id;

UPDATE sagas.open AS o SET tenant_id = r.tenant_id FROM sagas.runs AS r WHERE r.saga_id = o.saga_id;

ALTER TABLE sagas.runs FORCE ROW LEVEL SECURITY;

ALTER TABLE sagas.log ALTER COLUMN tenant_id SET NOT NULL;

ALTER TABLE sagas.open ALTER COLUMN tenant_id SET NOT NULL;

-- agents.take_tenant would make JSON of the whole row.
CREATE FUNCTION sagas.take_tenant_of_run()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  SELECT r.tenant_id INTO NEW.tenant_id FROM sagas.runs AS r WHERE r.saga_id = NEW.saga_id;
  RETURN NEW;
END;
$$;

CREATE TRIGGER take_tenant
  BEFORE INSERT ON sagas.log
  FOR EACH ROW
  EXECUTE FUNCTION sagas.take_tenant_of_run();

CREATE TRIGGER take_tenant
  BEFORE INSERT ON sagas.open
  FOR EACH ROW
  EXECUTE FUNCTION sagas.take_tenant_of_run();

ALTER TABLE sagas.log ENABLE ROW LEVEL SECURITY;

ALTER TABLE sagas.log FORCE ROW LEVEL SECURITY;

ALTER TABLE sagas.open ENABLE ROW LEVEL SECURITY;

ALTER TABLE sagas.open FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON sagas.log
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON sagas.log TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

CREATE POLICY tenant_isolation ON sagas.open
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON sagas.open TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

-- Nobody changes a row of the log.
GRANT SELECT, INSERT, DELETE ON sagas.log TO app_tenant, app_flusher;

GRANT SELECT, INSERT, UPDATE, DELETE ON sagas.open TO app_tenant, app_flusher;
