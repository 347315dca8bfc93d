DROP FUNCTION tasks.finish(UUID[], BIGINT[], TEXT[], TEXT[], INTERVAL[]);

DROP FUNCTION tasks.renew_leases(UUID[], BIGINT[], INTERVAL);

DROP FUNCTION tasks.claim(TEXT[], UUID, tasks.task_priority_type, INTEGER, TEXT, INTERVAL);

-- As it was before: CREATE OR REPLACE resets the settings of the function.
CREATE OR REPLACE FUNCTION tasks.claim_next(
  p_agent_id UUID,
  p_task_types TEXT[] DEFAULT NULL,
  p_limit INTEGER DEFAULT 1
)
RETURNS SETOF tasks.queue
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  WITH due AS (
    SELECT q.task_id
      FROM tasks.queue AS q
     WHERE q.status IN ('pending', 'queued')
       AND (q.scheduled_at IS NULL OR q.scheduled_at <= clock_timestamp())
       AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
       AND (q.assigned_agent_id IS NULL OR q.assigned_agent_id = p_agent_id)
       AND (p_task_types IS NULL OR q.task_type = ANY (p_task_types))
       AND NOT EXISTS (
             SELECT
               FROM tasks.dependencies AS d
               JOIN tasks.queue AS o ON o.task_id = d.depends_on_task_id
              WHERE d.task_id = q.task_id
                AND o.status <> 'completed'
                AND NOT (d.dependency_type = 'start' AND o.started_at IS NOT NULL)
           )
     ORDER BY q.priority DESC, q.created_at
     LIMIT p_limit
       FOR UPDATE OF q SKIP LOCKED
  ),
  claimed AS (
    UPDATE tasks.queue AS q
       SET status = 'running',
           assigned_agent_id = p_agent_id
      FROM due
     WHERE q.task_id = due.task_id
    RETURNING q.*
  )
  SELECT * FROM claimed ORDER BY priority DESC, created_at
$$;

DROP FUNCTION tasks.take_ready(TEXT[], UUID, tasks.task_priority_type, INTEGER);
