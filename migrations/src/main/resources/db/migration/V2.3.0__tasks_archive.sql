-- Finished tasks leave the queue for the archive, each with the record of its attempts. An archived
-- task refers to nothing any more, so that agents and parents can go.

CREATE TABLE tasks.archive (
  task_id tasks.task_id_type NOT NULL,
  task_type VARCHAR(100) NOT NULL,
  task_name VARCHAR(255),
  assigned_agent_id agents.agent_id_type,
  created_by_agent_id agents.agent_id_type,
  parent_task_id tasks.task_id_type,
  payload JSONB NOT NULL,
  configuration JSONB NOT NULL,
  metadata JSONB NOT NULL,
  status tasks.task_status_type NOT NULL,
  priority tasks.task_priority_type NOT NULL,
  scheduled_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ,
  max_execution_time INTERVAL,
  max_retries INTEGER NOT NULL,
  retry_count INTEGER NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  executions JSONB NOT NULL DEFAULT '[]',
  archived_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT archive_pkey PRIMARY KEY (task_id, completed_at),
  CONSTRAINT archived_when_finished CHECK (status IN ('completed', 'failed', 'cancelled'))
) PARTITION BY RANGE (completed_at);

CREATE TABLE tasks.archive_default PARTITION OF tasks.archive DEFAULT;

CREATE INDEX idx_tasks_archive_type_completed ON tasks.archive (task_type, completed_at);

-- Moves finished tasks that nothing in the queue refers to, the oldest first; returns how many.
-- Each call is one transaction of at most p_limit tasks, and skips those that somebody works on.
CREATE FUNCTION tasks.archive_completed(
  p_older_than INTERVAL DEFAULT '7 days',
  p_limit INTEGER DEFAULT 1000
)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_moved INTEGER;
BEGIN
  IF p_limit IS NULL OR p_limit < 1 THEN
    RAISE EXCEPTION 'p_limit is %: move at least 1 task', p_limit USING ERRCODE = '22023';
  END IF;
  WITH finished AS (
    SELECT q.task_id
      FROM tasks.queue q
     WHERE q.status IN ('completed', 'failed', 'cancelled')
       AND q.completed_at < clock_timestamp() - p_older_than
       AND NOT EXISTS (
         SELECT FROM tasks.queue child WHERE child.parent_task_id = q.task_id
       )
       AND NOT EXISTS (
         SELECT
           FROM tasks.dependencies d
           JOIN tasks.queue waiting ON waiting.task_id = d.task_id
          WHERE d.depends_on_task_id = q.task_id
            AND waiting.status NOT IN ('completed', 'failed', 'cancelled')
       )
     ORDER BY q.completed_at
     LIMIT p_limit
       FOR UPDATE SKIP LOCKED
  ),
  attempts AS (
    SELECT e.task_id, jsonb_agg(to_jsonb(e) - 'task_id' ORDER BY e.execution_attempt) AS record
      FROM tasks.executions e
      JOIN finished f ON f.task_id = e.task_id
     GROUP BY e.task_id
  ),
  taken AS (
    DELETE FROM tasks.queue q
     USING finished f
     WHERE q.task_id = f.task_id
    RETURNING q.*
  )
  INSERT INTO tasks.archive (
    task_id, task_type, task_name, assigned_agent_id, created_by_agent_id, parent_task_id,
    payload, configuration, metadata, status, priority, scheduled_at, started_at, completed_at,
    expires_at, max_execution_time, max_retries, retry_count, created_at, updated_at, executions
  )
  SELECT
    t.task_id, t.task_type, t.task_name, t.assigned_agent_id, t.created_by_agent_id,
    t.parent_task_id, t.payload, t.configuration, t.metadata, t.status, t.priority,
    t.scheduled_at, t.started_at, t.completed_at, t.expires_at, t.max_execution_time,
    t.max_retries, t.retry_count, t.created_at, t.updated_at,
    coalesce(a.record, '[]')
    FROM taken t
    LEFT JOIN attempts a ON a.task_id = t.task_id;
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  RETURN v_moved;
END;
$$;

-- Takes the next tasks that are due and wait for nobody, the most urgent first, for an agent. No
-- two callers get the same task, and none waits for another.
CREATE FUNCTION tasks.claim_next(
  p_agent_id UUID,
  p_limit INTEGER DEFAULT 1,
  p_task_types TEXT[] DEFAULT NULL
)
RETURNS SETOF tasks.queue
LANGUAGE sql
SET search_path = pg_catalog
BEGIN ATOMIC
  WITH due AS (
    SELECT q.task_id
      FROM tasks.queue q
     WHERE q.status = 'pending'
       AND (q.scheduled_at IS NULL OR q.scheduled_at <= clock_timestamp())
       AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
       AND (p_task_types IS NULL OR q.task_type = ANY (p_task_types))
       AND NOT EXISTS (
         SELECT
           FROM tasks.dependencies d
           JOIN tasks.queue other ON other.task_id = d.depends_on_task_id
          WHERE d.task_id = q.task_id
            AND other.status <> 'completed'
            AND NOT (d.dependency_type = 'start' AND other.status IN ('running', 'paused'))
       )
     ORDER BY q.priority DESC, q.created_at
     LIMIT p_limit
       FOR UPDATE SKIP LOCKED
  )
  UPDATE tasks.queue q
     SET status = 'running', assigned_agent_id = p_agent_id
    FROM due
   WHERE q.task_id = due.task_id
  RETURNING q.*;
END;
