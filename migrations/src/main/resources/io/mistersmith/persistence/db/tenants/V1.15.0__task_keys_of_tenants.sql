-- kind: schema
-- depends-on: 1.13.0, core 11.0.0
-- lint: allow index-drop-not-concurrent — the set is applied while nobody writes, as its first script says
-- lint: allow index-not-concurrent — the set is applied while nobody writes, as its first script says
-- An application's own name of a task is unique among the tasks of one tenant. A runtime that reads the
-- tasks of all looks among those of its session's tenant.

DROP INDEX tasks.idx_tasks_queue_unique_key;

CREATE UNIQUE INDEX idx_tasks_queue_unique_key ON tasks.queue (unique_key, tenant_id)
  WHERE unique_key IS NOT NULL;

CREATE OR REPLACE FUNCTION tasks.has_own_key(p_task tasks.queue)
RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT p_task.tenant_id = agents.tenant_of_session()
$$;
