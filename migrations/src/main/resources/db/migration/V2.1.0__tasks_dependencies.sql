-- Which tasks wait for which.

CREATE TABLE tasks.dependencies (
  dependency_id UUID NOT NULL DEFAULT gen_random_uuid(),
  task_id tasks.task_id_type NOT NULL,
  depends_on_task_id tasks.task_id_type NOT NULL,
  dependency_type VARCHAR(50) NOT NULL DEFAULT 'completion',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT dependencies_pkey PRIMARY KEY (dependency_id),
  CONSTRAINT dependencies_task_id_depends_on_task_id_key UNIQUE (task_id, depends_on_task_id),
  CONSTRAINT dependencies_task_id_fkey
    FOREIGN KEY (task_id) REFERENCES tasks.queue (task_id) ON DELETE CASCADE,
  CONSTRAINT dependencies_depends_on_task_id_fkey
    FOREIGN KEY (depends_on_task_id) REFERENCES tasks.queue (task_id) ON DELETE CASCADE,
  CONSTRAINT no_self_dependency CHECK (task_id <> depends_on_task_id),
  CONSTRAINT valid_dependency_type
    CHECK (dependency_type IN ('completion', 'start', 'data', 'resource'))
);

CREATE INDEX idx_tasks_dependencies_depends_on ON tasks.dependencies (depends_on_task_id);

-- Refuses a dependency that closes a circle, in which no task could ever start. Two that close one
-- only together must not be checked at the same time, so that the second sees the first.
CREATE FUNCTION tasks.refuse_dependency_cycle()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('tasks.dependencies', 0));
  IF EXISTS (
    WITH RECURSIVE reached (task_id) AS (
      SELECT NEW.depends_on_task_id::UUID
      UNION
      SELECT d.depends_on_task_id::UUID
        FROM reached r
        JOIN tasks.dependencies d ON d.task_id = r.task_id
    )
    SELECT FROM reached WHERE task_id = NEW.task_id
  ) THEN
    RAISE EXCEPTION 'task % and task % would wait for each other',
      NEW.task_id, NEW.depends_on_task_id
      USING
        ERRCODE = '23514',
        SCHEMA = 'tasks',
        TABLE = 'dependencies',
        CONSTRAINT = 'no_dependency_cycle';
  END IF;
  RETURN NULL;
END;
$$;

CREATE TRIGGER refuse_dependency_cycle
  AFTER INSERT OR UPDATE OF task_id, depends_on_task_id ON tasks.dependencies
  FOR EACH ROW
  EXECUTE FUNCTION tasks.refuse_dependency_cycle();
