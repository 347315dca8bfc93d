-- Each attempt at a task, by the time at which it began.
--
-- Neither an execution's id nor its attempt can be unique over the partitions by an index, which
-- would have to hold started_at too. So tasks.execution_attempts keeps them, one row an attempt,
-- written by a trigger. A row that is moved to another partition finds its own attempt there and
-- is let in; an attempt stays taken when its partition is dropped, until its task goes.
--
-- An agent can be deleted unless it has an execution that has not ended; ended ones stay.

CREATE TABLE tasks.executions (
  execution_id UUID NOT NULL DEFAULT gen_random_uuid(),
  task_id tasks.task_id_type NOT NULL,
  agent_id agents.agent_id_type,
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
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE SET NULL,
  CONSTRAINT valid_execution_attempt CHECK (execution_attempt > 0),
  CONSTRAINT open_execution_has_agent CHECK (agent_id IS NOT NULL OR completed_at IS NOT NULL),
  CONSTRAINT completion_consistency CHECK (
    CASE status
      WHEN 'completed' THEN completed_at IS NOT NULL
      WHEN 'cancelled' THEN completed_at IS NOT NULL
      WHEN 'failed' THEN completed_at IS NOT NULL AND error_message IS NOT NULL
      ELSE completed_at IS NULL
    END
  )
) PARTITION BY RANGE (started_at);

-- Takes what no other partition covers.
CREATE TABLE tasks.executions_default PARTITION OF tasks.executions DEFAULT
  WITH (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE INDEX idx_tasks_executions_task_started ON tasks.executions (task_id, started_at);

CREATE INDEX idx_tasks_executions_agent_started ON tasks.executions (agent_id, started_at);

CREATE INDEX idx_tasks_executions_status ON tasks.executions (status, started_at);

CREATE TABLE tasks.execution_attempts (
  task_id tasks.task_id_type NOT NULL,
  execution_attempt INTEGER NOT NULL,
  execution_id UUID NOT NULL,
  started_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT execution_attempts_pkey PRIMARY KEY (task_id, execution_attempt),
  CONSTRAINT execution_attempts_execution_id_key UNIQUE (execution_id),
  CONSTRAINT execution_attempts_task_id_fkey
    FOREIGN KEY (task_id) REFERENCES tasks.queue (task_id) ON DELETE CASCADE
);

CREATE FUNCTION tasks.register_attempt()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  INSERT INTO tasks.execution_attempts AS a (task_id, execution_attempt, execution_id, started_at)
  VALUES (NEW.task_id, NEW.execution_attempt, NEW.execution_id, NEW.started_at)
  ON CONFLICT (task_id, execution_attempt) DO UPDATE
     SET started_at = EXCLUDED.started_at
   WHERE a.execution_id = EXCLUDED.execution_id AND a.started_at = EXCLUDED.started_at;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'attempt % at task % is already recorded',
      NEW.execution_attempt, NEW.task_id
      USING ERRCODE = 'unique_violation',
            SCHEMA = 'tasks',
            TABLE = 'execution_attempts',
            CONSTRAINT = 'execution_attempts_pkey';
  END IF;
  RETURN NULL;
END;
$$;

CREATE FUNCTION tasks.change_attempt()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  UPDATE tasks.execution_attempts
     SET task_id = NEW.task_id,
         execution_attempt = NEW.execution_attempt,
         execution_id = NEW.execution_id,
         started_at = NEW.started_at
   WHERE task_id = OLD.task_id
     AND execution_attempt = OLD.execution_attempt;
  RETURN NEW;
END;
$$;

-- After the row, so that an unknown task is refused by the foreign key of the executions.
CREATE TRIGGER register_attempt
  AFTER INSERT ON tasks.executions
  FOR EACH ROW
  EXECUTE FUNCTION tasks.register_attempt();

-- Before the row, which may move to another partition and is then registered there.
CREATE TRIGGER change_attempt
  BEFORE UPDATE OF execution_id, task_id, execution_attempt, started_at ON tasks.executions
  FOR EACH ROW
  EXECUTE FUNCTION tasks.change_attempt();
