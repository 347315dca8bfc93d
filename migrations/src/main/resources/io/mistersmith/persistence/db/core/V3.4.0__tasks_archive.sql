-- Finished tasks, by the time at which they were, each with its executions and what it waited for.
-- The ids are what they were then: nothing here refers to another table.

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
  depends_on UUID[] NOT NULL DEFAULT '{}',
  -- Rows of tasks.executions as objects, in the order of the attempts.
  executions JSONB NOT NULL DEFAULT '[]',
  archived_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT archive_pkey PRIMARY KEY (task_id, completed_at),
  CONSTRAINT archived_task_is_finished CHECK (status IN ('completed', 'failed', 'cancelled'))
) PARTITION BY RANGE (completed_at);

-- Takes what no other partition covers.
CREATE TABLE tasks.archive_default PARTITION OF tasks.archive DEFAULT;

CREATE INDEX idx_tasks_archive_type_completed ON tasks.archive (task_type, completed_at);

-- Moves tasks that were finished longer ago than p_older_than to the archive, p_limit at most, and
-- returns how many. A task stays while another one in the queue has it as its parent or depends on
-- it. Several sessions may call it at once; each passes over what another one is moving.
--
-- Tasks are locked first and looked at again by a later statement: by then nothing can refer to
-- them that it does not see.
CREATE FUNCTION tasks.archive_completed(
  p_older_than INTERVAL DEFAULT '7 days',
  p_limit INTEGER DEFAULT 1000
)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_candidates UUID[];
  v_pass INTEGER;
  v_moved INTEGER := 0;
BEGIN
  LOOP
    SELECT array_agg(c.task_id)
      INTO v_candidates
      FROM (
             SELECT q.task_id
               FROM tasks.queue AS q
              WHERE q.status IN ('completed', 'failed', 'cancelled')
                AND q.completed_at < clock_timestamp() - p_older_than
                AND NOT EXISTS (SELECT FROM tasks.queue AS k WHERE k.parent_task_id = q.task_id)
                AND NOT EXISTS (
                      SELECT FROM tasks.dependencies AS d WHERE d.depends_on_task_id = q.task_id
                    )
              ORDER BY q.completed_at
              LIMIT p_limit - v_moved
                FOR UPDATE OF q SKIP LOCKED
           ) AS c;
    EXIT WHEN v_candidates IS NULL;

    WITH gone AS (
      DELETE FROM tasks.queue AS q
       WHERE q.task_id = ANY (v_candidates)
         AND NOT EXISTS (SELECT FROM tasks.queue AS k WHERE k.parent_task_id = q.task_id)
         AND NOT EXISTS (
               SELECT FROM tasks.dependencies AS d WHERE d.depends_on_task_id = q.task_id
             )
      RETURNING q.*
    )
    -- By the columns' names, so that a column which both tables get later is kept as well.
    INSERT INTO tasks.archive
    SELECT r.*
      FROM gone AS g
     CROSS JOIN LATERAL jsonb_populate_record(
             NULL::tasks.archive,
             to_jsonb(g) || jsonb_build_object(
               'depends_on', ARRAY(
                 SELECT d.depends_on_task_id
                   FROM tasks.dependencies AS d
                  WHERE d.task_id = g.task_id
                  ORDER BY d.created_at, d.depends_on_task_id
               ),
               'executions', coalesce(
                 (SELECT jsonb_agg(to_jsonb(e) ORDER BY e.execution_attempt)
                    FROM tasks.executions AS e
                   WHERE e.task_id = g.task_id),
                 '[]'
               ),
               'archived_at', now()
             )
           ) AS r;
    GET DIAGNOSTICS v_pass = ROW_COUNT;
    v_moved := v_moved + v_pass;
    EXIT WHEN v_pass = 0 OR v_moved >= p_limit;
  END LOOP;
  RETURN v_moved;
END;
$$;
