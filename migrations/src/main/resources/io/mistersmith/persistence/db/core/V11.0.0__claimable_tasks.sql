-- kind: schema
-- depends-on: 10.0.0
-- lint: allow index-drop-not-concurrent — dropping them takes milliseconds
-- lint: allow index-not-concurrent — the queue holds only tasks that are not archived yet
-- lint: allow constraint-not-valid — the queue holds only tasks that are not archived yet
-- lint: allow several-exclusive-locks — the columns and the indexes of the queue change together
-- lint: allow primary-key-without-index — partitions of executions are pruned by age, and no release has filled them yet
-- What a claim looks at is in narrow tables of its own:
--   tasks.ready   one row for each task that can be claimed now
--   tasks.leases  one row for each claim of a worker, until its tasks have ended
--   tasks.timers  when a waiting task is due, and when a task expires
-- tasks.queue has no index on a column that changes while a task lives, so that its updates are
-- heap-only. Indexes for searching payloads are the optional set task_search.
--
-- Rows of tasks.ready and tasks.leases live for moments. They are spread over four segments, 2,048
-- numbers to each in turn, and a segment without live rows is truncated (tasks.recycle). So dead
-- rows do not pile up, not even while an old snapshot keeps VACUUM from removing them.

DROP INDEX tasks.idx_tasks_queue_priority_covering;

DROP INDEX tasks.idx_tasks_queue_pending;

DROP INDEX tasks.idx_tasks_queue_assigned_agent;

DROP INDEX tasks.idx_tasks_queue_type_status;

DROP INDEX tasks.idx_tasks_queue_scheduled;

DROP INDEX tasks.idx_tasks_queue_expires;

DROP INDEX tasks.idx_tasks_queue_finished;

DROP INDEX tasks.idx_tasks_queue_payload_gin;

DROP INDEX tasks.idx_tasks_queue_payload_specific;

DROP INDEX tasks.idx_tasks_queue_estimated_duration;

CREATE SEQUENCE tasks.ready_positions;

CREATE SEQUENCE tasks.lease_tokens;

-- position: of the task's row in tasks.ready; NULL while it cannot be claimed.
-- blocked_by: how many dependencies are not met. dependants: how many were ever recorded on it.
-- token: the fencing token of the latest claim. unique_key: an application's own name of the task.
ALTER TABLE tasks.queue
  ADD COLUMN position BIGINT,
  ADD COLUMN blocked_by INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN dependants INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN token BIGINT,
  ADD COLUMN unique_key VARCHAR(255),
  ADD COLUMN error_message TEXT,
  ADD CONSTRAINT valid_blocked_by CHECK (blocked_by >= 0),
  SET (fillfactor = 50);

CREATE INDEX idx_tasks_queue_assigned_agent ON tasks.queue (assigned_agent_id)
  WHERE assigned_agent_id IS NOT NULL;

CREATE UNIQUE INDEX idx_tasks_queue_unique_key ON tasks.queue (unique_key)
  WHERE unique_key IS NOT NULL;

ALTER TABLE tasks.archive
  ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0,
  ADD COLUMN unique_key VARCHAR(255),
  ADD COLUMN error_message TEXT;

ALTER TABLE tasks.dependencies
  ADD COLUMN met BOOLEAN NOT NULL DEFAULT FALSE,
  SET (fillfactor = 80);

-- The claim writes executions with their token, and needs no register of attempts: it counts them
-- in the task's row. Executions are found by their task.
ALTER TABLE tasks.executions
  ADD COLUMN token BIGINT,
  ADD COLUMN worker VARCHAR(255),
  DROP CONSTRAINT open_execution_has_agent,
  ADD CONSTRAINT open_execution_has_agent
    CHECK (agent_id IS NOT NULL OR token IS NOT NULL OR completed_at IS NOT NULL),
  DROP CONSTRAINT executions_pkey;

DROP INDEX tasks.idx_tasks_executions_task_started;

DROP INDEX tasks.idx_tasks_executions_agent_started;

DROP INDEX tasks.idx_tasks_executions_status;

ALTER TABLE tasks.executions
  ADD CONSTRAINT executions_pkey PRIMARY KEY (task_id, started_at, execution_attempt);

-- For the foreign key alone.
CREATE INDEX idx_tasks_executions_agent ON tasks.executions (agent_id) WHERE agent_id IS NOT NULL;

-- An execution whose attempt, time or task was corrected keeps its registration, also when that took it
-- to another partition.
CREATE OR REPLACE FUNCTION tasks.register_attempt()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  UPDATE tasks.execution_attempts AS a
     SET task_id = NEW.task_id,
         execution_attempt = NEW.execution_attempt,
         started_at = NEW.started_at
   WHERE a.execution_id = NEW.execution_id
     AND NOT EXISTS (
           SELECT
             FROM tasks.executions AS e
            WHERE e.task_id = a.task_id
              AND e.started_at = a.started_at
              AND e.execution_id = a.execution_id
              AND (e.task_id, e.started_at) <> (NEW.task_id, NEW.started_at)
         );
  IF FOUND THEN
    RETURN NULL;
  END IF;
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

-- A trigger before the update would have every execution locked first.
DROP TRIGGER change_attempt ON tasks.executions;

CREATE TRIGGER change_attempt
  AFTER UPDATE OF execution_id, task_id, execution_attempt, started_at ON tasks.executions
  FOR EACH ROW
  WHEN (NEW.token IS NULL)
  EXECUTE FUNCTION tasks.change_attempt();

DROP TRIGGER register_attempt ON tasks.executions;

CREATE TRIGGER register_attempt
  AFTER INSERT ON tasks.executions
  FOR EACH ROW
  WHEN (NEW.token IS NULL)
  EXECUTE FUNCTION tasks.register_attempt();

-- Each execution is updated once, at its end.
UPDATE partitions.settings
   SET storage_parameters = jsonb_set(storage_parameters::JSONB, '{fillfactor}', '70')
 WHERE (parent_schema, parent_table) = ('tasks', 'executions');

DO $$
DECLARE
  v_partition REGCLASS;
BEGIN
  FOR v_partition IN
    SELECT inhrelid
      FROM pg_inherits
     WHERE inhparent = 'tasks.executions'::REGCLASS
       AND inhrelid <> 'tasks.executions_default'::REGCLASS
  LOOP
    EXECUTE format(
      'ALTER TABLE %s RESET (fillfactor, autovacuum_vacuum_scale_factor,'
        ' autovacuum_analyze_scale_factor)',
      v_partition
    );
    EXECUTE format(
      'ALTER TABLE %s SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05,'
        ' autovacuum_analyze_scale_factor = 0.05)',
      v_partition
    );
  END LOOP;
END;
$$;

-- lane: tasks.lane of the type and the agent. A row counts only while the task has its position.
CREATE TABLE tasks.ready (
  position BIGINT NOT NULL,
  lane BIGINT NOT NULL,
  rank BIGINT NOT NULL,
  task_id tasks.task_id_type NOT NULL,
  segment SMALLINT NOT NULL
) PARTITION BY LIST (segment);

CREATE TABLE tasks.ready_0 PARTITION OF tasks.ready FOR VALUES IN (0);

CREATE TABLE tasks.ready_1 PARTITION OF tasks.ready FOR VALUES IN (1);

CREATE TABLE tasks.ready_2 PARTITION OF tasks.ready FOR VALUES IN (2);

CREATE TABLE tasks.ready_3 PARTITION OF tasks.ready FOR VALUES IN (3);

CREATE INDEX idx_tasks_ready_order ON tasks.ready (lane, rank, position);

-- The tasks of a claim that are running and have its token are under its lease. Leases that last move
-- from the four segments to the fifth.
CREATE TABLE tasks.leases (
  token BIGINT NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  -- When the first of its executions has taken too long, however often the lease is renewed.
  deadline TIMESTAMPTZ NOT NULL,
  segment SMALLINT NOT NULL,
  worker VARCHAR(255) NOT NULL,
  task_ids UUID[] NOT NULL,
  CONSTRAINT leases_pkey PRIMARY KEY (segment, token)
) PARTITION BY LIST (segment);

CREATE TABLE tasks.leases_0 PARTITION OF tasks.leases FOR VALUES IN (0) WITH (fillfactor = 70);

CREATE TABLE tasks.leases_1 PARTITION OF tasks.leases FOR VALUES IN (1) WITH (fillfactor = 70);

CREATE TABLE tasks.leases_2 PARTITION OF tasks.leases FOR VALUES IN (2) WITH (fillfactor = 70);

CREATE TABLE tasks.leases_3 PARTITION OF tasks.leases FOR VALUES IN (3) WITH (fillfactor = 70);

CREATE TABLE tasks.leases_4 PARTITION OF tasks.leases FOR VALUES IN (4) WITH (fillfactor = 70);

CREATE TABLE tasks.timers (
  at TIMESTAMPTZ NOT NULL,
  task_id tasks.task_id_type NOT NULL,
  CONSTRAINT timers_pkey PRIMARY KEY (at, task_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
