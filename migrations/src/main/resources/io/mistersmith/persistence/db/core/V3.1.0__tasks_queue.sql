-- The tasks that are waited for or worked on. It stays small: finished tasks move to the archive.
-- So it needs no partitions, and its key is the task's id alone, which others can refer to.
--
-- An agent can be deleted: tasks that were its own then belong to nobody.
--
-- Left out: an index on (status, priority, created_at), which idx_tasks_queue_priority_covering is.

CREATE TABLE tasks.queue (
  task_id tasks.task_id_type NOT NULL DEFAULT gen_random_uuid(),
  task_type VARCHAR(100) NOT NULL,
  task_name VARCHAR(255),
  assigned_agent_id agents.agent_id_type,
  created_by_agent_id agents.agent_id_type,
  parent_task_id tasks.task_id_type,
  payload JSONB NOT NULL DEFAULT '{}',
  configuration JSONB NOT NULL DEFAULT '{}',
  metadata JSONB NOT NULL DEFAULT '{}',
  status tasks.task_status_type NOT NULL DEFAULT 'pending',
  priority tasks.task_priority_type NOT NULL DEFAULT 'normal',
  scheduled_at TIMESTAMPTZ,
  started_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  -- Null for no limit.
  max_execution_time INTERVAL DEFAULT '1 hour',
  max_retries INTEGER NOT NULL DEFAULT 3,
  retry_count INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT queue_pkey PRIMARY KEY (task_id),
  CONSTRAINT queue_assigned_agent_id_fkey
    FOREIGN KEY (assigned_agent_id) REFERENCES agents.registry (agent_id) ON DELETE SET NULL,
  CONSTRAINT queue_created_by_agent_id_fkey
    FOREIGN KEY (created_by_agent_id) REFERENCES agents.registry (agent_id) ON DELETE SET NULL,
  CONSTRAINT queue_parent_task_id_fkey
    FOREIGN KEY (parent_task_id) REFERENCES tasks.queue (task_id),
  CONSTRAINT valid_task_type CHECK (length(task_type) > 0),
  CONSTRAINT valid_retry_count CHECK (retry_count >= 0 AND retry_count <= max_retries),
  CONSTRAINT valid_timing CHECK (
    (started_at IS NULL OR started_at >= created_at)
    AND (completed_at IS NULL OR completed_at >= coalesce(started_at, created_at))
    AND (expires_at IS NULL OR expires_at > created_at)
  ),
  CONSTRAINT no_self_parent CHECK (task_id IS DISTINCT FROM parent_task_id)
) WITH (
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 1000
);

CREATE INDEX idx_tasks_queue_priority_covering ON tasks.queue (status, priority, created_at)
  INCLUDE (task_id, task_type, assigned_agent_id);

-- In the order in which tasks are claimed.
CREATE INDEX idx_tasks_queue_pending ON tasks.queue (priority DESC, created_at)
  WHERE status IN ('pending', 'queued');

CREATE INDEX idx_tasks_queue_assigned_agent ON tasks.queue (assigned_agent_id, status);

CREATE INDEX idx_tasks_queue_created_by ON tasks.queue (created_by_agent_id)
  WHERE created_by_agent_id IS NOT NULL;

CREATE INDEX idx_tasks_queue_type_status ON tasks.queue (task_type, status);

CREATE INDEX idx_tasks_queue_parent ON tasks.queue (parent_task_id)
  WHERE parent_task_id IS NOT NULL;

CREATE INDEX idx_tasks_queue_scheduled ON tasks.queue (scheduled_at)
  WHERE scheduled_at IS NOT NULL;

CREATE INDEX idx_tasks_queue_expires ON tasks.queue (expires_at)
  WHERE expires_at IS NOT NULL;

CREATE INDEX idx_tasks_queue_finished ON tasks.queue (completed_at)
  WHERE status IN ('completed', 'failed', 'cancelled');

CREATE INDEX idx_tasks_queue_payload_gin ON tasks.queue USING gin (payload);

CREATE INDEX idx_tasks_queue_payload_specific ON tasks.queue USING gin ((payload -> 'parameters'));

-- In seconds; BIGINT, since an interval may be longer than INTEGER counts.
CREATE INDEX idx_tasks_queue_estimated_duration ON tasks.queue
  ((extract(EPOCH FROM max_execution_time)::BIGINT))
  WHERE status IN ('pending', 'queued');

-- When a task starts or ends, the database's clock says when: another clock may be behind the one
-- that said when it was created. An insert may bring times of its own, for tasks from elsewhere.
CREATE FUNCTION tasks.stamp_times()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_inserted BOOLEAN := TG_OP = 'INSERT';
BEGIN
  IF NOT v_inserted AND NEW.status = OLD.status THEN
    RETURN NEW;
  END IF;
  IF NEW.status = 'running' THEN
    IF v_inserted THEN
      NEW.started_at := coalesce(NEW.started_at, greatest(clock_timestamp(), NEW.created_at));
    ELSIF OLD.status = 'paused' THEN
      NEW.started_at := OLD.started_at;
    ELSE
      NEW.started_at := greatest(clock_timestamp(), NEW.created_at);
    END IF;
  END IF;
  IF NEW.status NOT IN ('completed', 'failed', 'cancelled') THEN
    NEW.completed_at := NULL;
  ELSIF NOT v_inserted OR NEW.completed_at IS NULL THEN
    NEW.completed_at := greatest(clock_timestamp(), NEW.created_at, NEW.started_at);
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER stamp_times
  BEFORE INSERT OR UPDATE OF status ON tasks.queue
  FOR EACH ROW
  EXECUTE FUNCTION tasks.stamp_times();

CREATE TRIGGER touch_updated_at
  BEFORE UPDATE ON tasks.queue
  FOR EACH ROW
  EXECUTE FUNCTION agents.touch_updated_at();
