-- kind: function
-- Notes the changes of tasks.queue.
--
-- An insert is the event created. A status that changes to running, completed, failed or cancelled
-- is the event started, completed, failed or cancelled; every other change of a row is updated. What
-- the engine alone uses is no change: position, blocked_by, dependants and updated_at.
--
-- A row that leaves the queue is the event deleted. Its payload says whether the task was archived,
-- in which case it is still there, in tasks.archive.

CREATE FUNCTION events.notify_task_lifecycle_change()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_xid XID8;
  v_at TIMESTAMPTZ := clock_timestamp();
  v_segment SMALLINT;
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
      RETURN NULL;
    END IF;
  ELSIF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;
  -- Before any id is taken: see events.ticks.
  v_xid := pg_current_xact_id();
  SELECT s.last_value & 3 INTO v_segment FROM events.segments AS s;
  -- Where the rows have no column tenant_id, the name is that of the constant beside them.
  IF TG_OP = 'INSERT' THEN
    INSERT INTO events.outbox (segment, xid, at, kind, subject_id, tenant_id, payload)
    SELECT v_segment, v_xid, v_at, 'task_created', c.task_id, c.tenant,
           json_build_object(
             'task_id', c.task_id,
             'task_type', c.task_type,
             'status', c.status,
             'previous_status', NULL,
             'assigned_agent_id', c.assigned_agent_id,
             'priority', c.priority,
             'timestamp', extract(EPOCH FROM v_at),
             'metadata', c.metadata
           )
      FROM (SELECT NULL::UUID AS tenant_id) AS none
     CROSS JOIN LATERAL (SELECT n.*, tenant_id AS tenant FROM new_rows AS n) AS c;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO events.outbox (segment, xid, at, kind, subject_id, tenant_id, payload)
    SELECT v_segment, v_xid, v_at,
           CASE
             WHEN n.task_id IS NULL THEN 'task_deleted'
             WHEN o.task_id IS NULL THEN 'task_created'
             WHEN n.status = o.status THEN 'task_updated'
             WHEN n.status = 'running' THEN 'task_started'
             WHEN n.status IN ('completed', 'failed', 'cancelled') THEN 'task_' || n.status
             ELSE 'task_updated'
           END::events.change_kind,
           coalesce(n.task_id, o.task_id), coalesce(n.tenant, o.tenant),
           json_build_object(
             'task_id', coalesce(n.task_id, o.task_id),
             'task_type', coalesce(n.task_type, o.task_type),
             'status', n.status,
             'previous_status', o.status,
             'assigned_agent_id',
             CASE WHEN n.task_id IS NULL THEN o.assigned_agent_id ELSE n.assigned_agent_id END,
             'priority', coalesce(n.priority, o.priority),
             'timestamp', extract(EPOCH FROM v_at),
             'metadata', coalesce(n.metadata, o.metadata)
           )
      FROM (
             SELECT c.*
               FROM (SELECT NULL::UUID AS tenant_id) AS none
              CROSS JOIN LATERAL (SELECT t.*, tenant_id AS tenant FROM old_rows AS t) AS c
           ) AS o
      FULL JOIN (
             SELECT c.*
               FROM (SELECT NULL::UUID AS tenant_id) AS none
              CROSS JOIN LATERAL (SELECT t.*, tenant_id AS tenant FROM new_rows AS t) AS c
           ) AS n
        ON n.task_id = o.task_id
     WHERE n.status IS DISTINCT FROM o.status
        OR n.task_id IS NULL
        OR o.task_id IS NULL
        OR (n.task_type, n.task_name, n.assigned_agent_id, n.created_by_agent_id, n.parent_task_id,
            n.priority, n.scheduled_at, n.started_at, n.completed_at, n.expires_at,
            n.max_execution_time, n.max_retries, n.retry_count, n.created_at, n.attempts, n.token,
            n.unique_key, n.error_message, n.metadata, n.configuration, n.payload)
           IS DISTINCT FROM
           (o.task_type, o.task_name, o.assigned_agent_id, o.created_by_agent_id, o.parent_task_id,
            o.priority, o.scheduled_at, o.started_at, o.completed_at, o.expires_at,
            o.max_execution_time, o.max_retries, o.retry_count, o.created_at, o.attempts, o.token,
            o.unique_key, o.error_message, o.metadata, o.configuration, o.payload);
  ELSE
    INSERT INTO events.outbox (segment, xid, at, kind, subject_id, tenant_id, payload)
    SELECT v_segment, v_xid, v_at, 'task_deleted', c.task_id, c.tenant,
           json_build_object(
             'task_id', c.task_id,
             'task_type', c.task_type,
             'status', NULL,
             'previous_status', c.status,
             'assigned_agent_id', c.assigned_agent_id,
             'priority', c.priority,
             'timestamp', extract(EPOCH FROM v_at),
             'metadata', c.metadata,
             'archived', coalesce(
               (SELECT TRUE
                  FROM tasks.archive AS a
                 WHERE a.task_id = c.task_id AND a.completed_at = c.completed_at
                 LIMIT 1),
               FALSE
             )
           )
      FROM (SELECT NULL::UUID AS tenant_id) AS none
     CROSS JOIN LATERAL (SELECT o.*, tenant_id AS tenant FROM old_rows AS o) AS c;
  END IF;
  RETURN NULL;
END;
$$;

CREATE FUNCTION events.notify_tasks_truncated()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_xid XID8 := pg_current_xact_id();
  v_at TIMESTAMPTZ := clock_timestamp();
BEGIN
  INSERT INTO events.outbox (segment, xid, at, kind, payload)
  SELECT s.last_value & 3, v_xid, v_at, 'task_truncate',
         json_build_object(
           'operation', TG_OP,
           'table', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME,
           'timestamp', extract(EPOCH FROM v_at)
         )
    FROM events.segments AS s;
  RETURN NULL;
END;
$$;

REVOKE ALL ON FUNCTION
  events.notify_task_lifecycle_change(), events.notify_tasks_truncated()
FROM PUBLIC;

CREATE TRIGGER events_inserted
  AFTER INSERT ON tasks.queue
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION events.notify_task_lifecycle_change();

CREATE TRIGGER events_updated
  AFTER UPDATE ON tasks.queue
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION events.notify_task_lifecycle_change();

CREATE TRIGGER events_deleted
  AFTER DELETE ON tasks.queue
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION events.notify_task_lifecycle_change();

CREATE TRIGGER events_truncated
  AFTER TRUNCATE ON tasks.queue
  FOR EACH STATEMENT
  EXECUTE FUNCTION events.notify_tasks_truncated();
