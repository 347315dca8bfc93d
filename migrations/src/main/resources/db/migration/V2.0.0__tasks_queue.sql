-- The tasks schema, its types, and the queue. The queue holds what is not archived yet; it is not
-- partitioned, since a partition by task_type would refuse every type that nobody thought of, and
-- a small table is claimed from faster than a partitioned one.

CREATE SCHEMA IF NOT EXISTS tasks;

CREATE DOMAIN tasks.task_id_type AS UUID;

CREATE TYPE tasks.task_status_type AS ENUM (
  'pending',
  'queued',
  'running',
  'paused',
  'completed',
  'failed',
  'cancelled'
);

CREATE TYPE tasks.task_priority_type AS ENUM (
  'low',
  'normal',
  'high',
  'urgent',
  'critical'
);

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
    FOREIGN KEY (parent_task_id) REFERENCES tasks.queue (task_id) ON DELETE SET NULL,
  CONSTRAINT valid_task_type CHECK (length(task_type) > 0),
  CONSTRAINT valid_retry_count CHECK (retry_count >= 0 AND retry_count <= max_retries),
  CONSTRAINT valid_timing CHECK (
    (started_at IS NULL OR started_at >= created_at)
    AND (completed_at IS NULL OR completed_at >= coalesce(started_at, created_at))
    AND (expires_at IS NULL OR expires_at > created_at)
  ),
  CONSTRAINT no_self_parent CHECK (task_id IS DISTINCT FROM parent_task_id)
) WITH (
  fillfactor = 85,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 1000
);

-- Times are the database's own. An application whose clock is a little behind would otherwise start
-- tasks before they were created.
CREATE FUNCTION tasks.stamp_status()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.status = OLD.status THEN
    RETURN NEW;
  END IF;
  CASE
    WHEN NEW.status = 'running' AND TG_OP = 'UPDATE' AND OLD.status = 'paused' THEN
      NEW.started_at := OLD.started_at;
    WHEN NEW.status = 'running' THEN
      NEW.started_at := clock_timestamp();
      NEW.completed_at := NULL;
    WHEN NEW.status IN ('completed', 'failed', 'cancelled') THEN
      NEW.completed_at := clock_timestamp();
    WHEN NEW.status IN ('pending', 'queued') THEN
      NEW.started_at := NULL;
      NEW.completed_at := NULL;
    ELSE
      NEW.completed_at := NULL;
  END CASE;
  RETURN NEW;
END;
$$;

CREATE TRIGGER stamp_status
  BEFORE INSERT OR UPDATE OF status ON tasks.queue
  FOR EACH ROW
  EXECUTE FUNCTION tasks.stamp_status();

CREATE TRIGGER touch_updated_at
  BEFORE UPDATE ON tasks.queue
  FOR EACH ROW
  EXECUTE FUNCTION agents.touch_updated_at();

-- The order in which tasks are claimed. It also serves what only asks for status and priority.
CREATE INDEX idx_tasks_queue_pending ON tasks.queue (priority DESC, created_at)
  WHERE status = 'pending';

CREATE INDEX idx_tasks_queue_priority_covering
  ON tasks.queue (status, priority, created_at)
  INCLUDE (task_id, task_type, assigned_agent_id);

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

CREATE INDEX idx_tasks_queue_estimated_duration
  ON tasks.queue (((extract(epoch FROM max_execution_time))::INTEGER))
  WHERE status IN ('pending', 'queued');

CREATE INDEX idx_tasks_queue_payload_gin ON tasks.queue USING gin (payload);

CREATE INDEX idx_tasks_queue_payload_specific
  ON tasks.queue USING gin ((payload -> 'parameters'));
