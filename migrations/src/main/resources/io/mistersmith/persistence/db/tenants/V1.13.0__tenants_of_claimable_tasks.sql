-- kind: schema
-- depends-on: 1.12.0, core 11.3.0
-- lint: allow change-with-exclusive-lock — the set is applied while nobody writes, as its first script says
-- lint: allow set-not-null — the set is applied while nobody writes, as its first script says
-- lint: allow several-exclusive-locks — the set is applied while nobody writes, as its first script says
-- What claims look at has the tenant of the tasks. These tables refer to none, so that a claim looks
-- nothing up; a trigger takes the tenant from tasks.queue.
--
-- tasks.recycle truncates segments, and policies hide rows: where the owner of the tables is subject to
-- them, it leaves the segments to VACUUM.

ALTER TABLE tasks.ready ADD COLUMN tenant_id UUID;

ALTER TABLE tasks.leases ADD COLUMN tenant_id UUID;

ALTER TABLE tasks.timers ADD COLUMN tenant_id UUID;

-- An owner of the tables who is no superuser would see no task.
ALTER TABLE tasks.queue NO FORCE ROW LEVEL SECURITY;

-- Timers may be there for tasks that are gone.
DELETE FROM tasks.timers AS t
 WHERE NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = t.task_id);

DELETE FROM tasks.ready AS r
 WHERE NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = r.task_id);

DELETE FROM tasks.leases AS l
 WHERE NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = l.task_ids[1]);

UPDATE tasks.timers AS t SET tenant_id = q.tenant_id FROM tasks.queue AS q WHERE q.task_id = t.task_id;

UPDATE tasks.ready AS r SET tenant_id = q.tenant_id FROM tasks.queue AS q WHERE q.task_id = r.task_id;

UPDATE tasks.leases AS l
   SET tenant_id = q.tenant_id
  FROM tasks.queue AS q
 WHERE q.task_id = l.task_ids[1];

ALTER TABLE tasks.queue FORCE ROW LEVEL SECURITY;

ALTER TABLE tasks.ready ALTER COLUMN tenant_id SET NOT NULL;

ALTER TABLE tasks.leases ALTER COLUMN tenant_id SET NOT NULL;

ALTER TABLE tasks.timers ALTER COLUMN tenant_id SET NOT NULL;

-- The tasks of a claim are of one tenant, unless the runtime claims for all: then the lease is the
-- first one's.
CREATE FUNCTION agents.take_tenant_of_claim()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  SELECT q.tenant_id INTO NEW.tenant_id FROM tasks.queue AS q WHERE q.task_id = NEW.task_ids[1];
  RETURN NEW;
END;
$$;

CREATE TRIGGER take_tenant
  BEFORE INSERT ON tasks.ready
  FOR EACH ROW
  EXECUTE FUNCTION agents.take_tenant('task_id', 'tasks.queue', 'task_id');

CREATE TRIGGER take_tenant
  BEFORE INSERT ON tasks.timers
  FOR EACH ROW
  EXECUTE FUNCTION agents.take_tenant('task_id', 'tasks.queue', 'task_id');

CREATE TRIGGER take_tenant
  BEFORE INSERT ON tasks.leases
  FOR EACH ROW
  EXECUTE FUNCTION agents.take_tenant_of_claim();

ALTER TABLE tasks.ready ENABLE ROW LEVEL SECURITY;

ALTER TABLE tasks.ready FORCE ROW LEVEL SECURITY;

ALTER TABLE tasks.leases ENABLE ROW LEVEL SECURITY;

ALTER TABLE tasks.leases FORCE ROW LEVEL SECURITY;

ALTER TABLE tasks.timers ENABLE ROW LEVEL SECURITY;

ALTER TABLE tasks.timers FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_isolation ON tasks.ready
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON tasks.ready TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

CREATE POLICY tenant_isolation ON tasks.leases
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON tasks.leases TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

CREATE POLICY tenant_isolation ON tasks.timers
  USING (tenant_id = agents.current_tenant_id())
  WITH CHECK (tenant_id = agents.current_tenant_id());

CREATE POLICY flusher_spans_tenants ON tasks.timers TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

GRANT SELECT, INSERT, UPDATE, DELETE ON tasks.ready, tasks.leases, tasks.timers
  TO app_tenant, app_flusher;

GRANT USAGE, SELECT ON SEQUENCE tasks.ready_positions, tasks.lease_tokens
  TO app_tenant, app_flusher;
