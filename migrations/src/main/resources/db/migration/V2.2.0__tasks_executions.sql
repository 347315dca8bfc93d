-- Each attempt to run a task. Partitioned by time, with a default partition for the rest.

CREATE TABLE tasks.executions (
  execution_id UUID NOT NULL DEFAULT gen_random_uuid(),
  task_id tasks.task_id_type NOT NULL,
  agent_id agents.agent_id_type NOT NULL,
  execution_attempt INTEGER NOT NULL DEFAULT 1,
  started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  completed_at TIMESTAMPTZ,
  status tasks.task_status_type NOT NULL DEFAULT 'running',
  result JSONB,
  error_message TEXT,
  error_details JSONB,
  cpu_time_ms BIGINT,
  memory_peak_mb INTEGER,
  io_operations BIGINT,
  CONSTRAINT executions_pkey PRIMARY KEY (execution_id, started_at),
  CONSTRAINT executions_task_id_fkey
    FOREIGN KEY (task_id) REFERENCES tasks.queue (task_id) ON DELETE CASCADE,
  CONSTRAINT executions_agent_id_fkey
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  CONSTRAINT valid_execution_attempt CHECK (execution_attempt > 0),
  CONSTRAINT completion_consistency CHECK (
    CASE status
      WHEN 'completed' THEN completed_at IS NOT NULL
      WHEN 'failed' THEN completed_at IS NOT NULL AND error_message IS NOT NULL
      WHEN 'cancelled' THEN completed_at IS NOT NULL
      ELSE completed_at IS NULL
    END
  )
) PARTITION BY RANGE (started_at);

CREATE TABLE tasks.executions_default PARTITION OF tasks.executions DEFAULT;

CREATE INDEX idx_tasks_executions_task_started ON tasks.executions (task_id, started_at);

CREATE INDEX idx_tasks_executions_agent_started ON tasks.executions (agent_id, started_at);

CREATE INDEX idx_tasks_executions_status ON tasks.executions (status, started_at);

-- An attempt is recorded once. A unique index would have to include the time, and so would not say
-- that; instead whoever records an attempt locks its task first, and then looks.
CREATE FUNCTION tasks.refuse_repeated_attempt()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM FROM tasks.queue WHERE task_id = NEW.task_id FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT
      FROM tasks.executions
     WHERE task_id = NEW.task_id
       AND execution_attempt = NEW.execution_attempt
       AND execution_id <> NEW.execution_id
  ) THEN
    RAISE EXCEPTION 'attempt % of task % is recorded already', NEW.execution_attempt, NEW.task_id
      USING
        ERRCODE = '23505',
        SCHEMA = 'tasks',
        TABLE = 'executions',
        CONSTRAINT = 'executions_task_id_execution_attempt_key';
  END IF;
  RETURN NULL;
END;
$$;

CREATE TRIGGER refuse_repeated_attempt
  AFTER INSERT OR UPDATE OF task_id, execution_attempt ON tasks.executions
  FOR EACH ROW
  EXECUTE FUNCTION tasks.refuse_repeated_attempt();
