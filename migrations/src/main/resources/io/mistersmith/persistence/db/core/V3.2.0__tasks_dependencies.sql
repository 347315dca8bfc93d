-- Which task waits for which.
--
-- Cycles are refused, also when several sessions add their parts at once. Each transaction that adds
-- to the graph first updates the one row of tasks.dependency_lock, and so waits for the one before
-- it to end; with an older snapshot (REPEATABLE READ) it fails with 40001 and can be repeated. An
-- advisory lock would not do: after the wait such a snapshot still lacks what the other one added.
--
-- Left out: an index on (task_id), which begins dependencies_task_id_depends_on_task_id_key.

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

CREATE TABLE tasks.dependency_lock (
  only_row BOOLEAN NOT NULL DEFAULT TRUE,
  changes BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT dependency_lock_pkey PRIMARY KEY (only_row),
  CONSTRAINT only_one_row CHECK (only_row)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Changes the row once a transaction: xmin is its own after that.
CREATE FUNCTION tasks.lock_dependencies()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  INSERT INTO tasks.dependency_lock AS l DEFAULT VALUES
  ON CONFLICT (only_row) DO UPDATE
     SET changes = l.changes + 1
   WHERE l.xmin <> pg_current_xact_id()::xid;
  RETURN NULL;
END;
$$;

CREATE FUNCTION tasks.refuse_dependency_cycle()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF EXISTS (
    WITH RECURSIVE reached (task_id) AS (
      SELECT NEW.depends_on_task_id::UUID
       UNION
      SELECT d.depends_on_task_id::UUID
        FROM reached AS r
        JOIN tasks.dependencies AS d ON d.task_id = r.task_id
    )
    SELECT FROM reached WHERE task_id = NEW.task_id
  ) THEN
    RAISE EXCEPTION 'task % cannot depend on task %, which depends on it',
      NEW.task_id, NEW.depends_on_task_id
      USING ERRCODE = 'check_violation',
            SCHEMA = 'tasks',
            TABLE = 'dependencies',
            CONSTRAINT = 'no_dependency_cycle';
  END IF;
  RETURN NULL;
END;
$$;

CREATE TRIGGER lock_dependencies
  BEFORE INSERT OR UPDATE OF task_id, depends_on_task_id ON tasks.dependencies
  FOR EACH STATEMENT
  EXECUTE FUNCTION tasks.lock_dependencies();

CREATE TRIGGER refuse_dependency_cycle
  AFTER INSERT OR UPDATE OF task_id, depends_on_task_id ON tasks.dependencies
  FOR EACH ROW
  EXECUTE FUNCTION tasks.refuse_dependency_cycle();
