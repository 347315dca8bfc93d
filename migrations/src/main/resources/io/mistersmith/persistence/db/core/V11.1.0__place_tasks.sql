-- kind: function
-- depends-on: 11.0.0
-- Keeps tasks.ready and tasks.timers in step with tasks.queue, and counts unmet dependencies.
-- pending: waits for its time or for other tasks. queued: can be claimed.

-- The segment of a position or a token.
CREATE FUNCTION tasks.segment(p_number BIGINT)
RETURNS SMALLINT
LANGUAGE sql IMMUTABLE
AS $$
  SELECT ((p_number >> 11) & 3)::SMALLINT
$$;

-- The order in which tasks are claimed: by age, in microseconds, where a higher priority counts as a
-- head start. So every task has its turn: a task of lower priority comes first once it is older by
-- more than the difference.
CREATE FUNCTION tasks.rank(p_priority tasks.task_priority_type, p_since TIMESTAMPTZ)
RETURNS BIGINT
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog
AS $$
  SELECT (extract(EPOCH FROM p_since) * 1000000)::BIGINT - 1000000::BIGINT * CASE p_priority
           WHEN 'low' THEN 0
           WHEN 'normal' THEN 600
           WHEN 'high' THEN 1800
           WHEN 'urgent' THEN 7200
           WHEN 'critical' THEN 43200
         END
$$;

-- Names the tasks of a type that an agent, or with NULL anybody, can claim. Two lanes may have the same
-- name: a claim compares type and agent too.
CREATE FUNCTION tasks.lane(p_task_type TEXT, p_agent_id UUID)
RETURNS BIGINT
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog
AS $$
  SELECT hashtextextended(concat(p_task_type, ' ', p_agent_id), 0)
$$;

-- Whether an application's own name of a task is one of this session's. Where tenants are kept apart, each
-- has names of its own.
CREATE FUNCTION tasks.has_own_key(p_task tasks.queue)
RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT TRUE
$$;

CREATE FUNCTION tasks.place()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_now TIMESTAMPTZ;
BEGIN
  IF NEW.status NOT IN ('pending', 'queued') THEN
    NEW.position := NULL;
    RETURN NEW;
  END IF;
  v_now := clock_timestamp();
  IF NEW.blocked_by > 0 OR NEW.scheduled_at > v_now OR NEW.expires_at <= v_now THEN
    NEW.position := NULL;
    NEW.status := 'pending';
  ELSIF TG_OP = 'INSERT' OR NEW.position IS NULL OR NEW.position <> OLD.position
      OR (NEW.task_type, NEW.priority) <> (OLD.task_type, OLD.priority)
      OR NEW.assigned_agent_id IS DISTINCT FROM OLD.assigned_agent_id THEN
    NEW.position := nextval('tasks.ready_positions');
    NEW.status := 'queued';
  END IF;
  RETURN NEW;
END;
$$;

CREATE FUNCTION tasks.list_ready()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  INSERT INTO tasks.ready (position, lane, rank, task_id, segment)
  VALUES (
    NEW.position,
    tasks.lane(NEW.task_type, NEW.assigned_agent_id),
    tasks.rank(NEW.priority, greatest(NEW.created_at, NEW.scheduled_at)),
    NEW.task_id,
    tasks.segment(NEW.position)
  );
  RETURN NULL;
END;
$$;

CREATE FUNCTION tasks.set_timers()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  INSERT INTO tasks.timers (at, task_id)
  SELECT DISTINCT t.at, NEW.task_id
    FROM (VALUES (NEW.scheduled_at), (NEW.expires_at)) AS t (at)
   WHERE t.at IS NOT NULL
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END;
$$;

-- After stamp_times, by its name.
CREATE TRIGGER want_place
  BEFORE INSERT OR UPDATE OF status, blocked_by, scheduled_at, expires_at, priority, task_type,
    assigned_agent_id, position
  ON tasks.queue
  FOR EACH ROW
  EXECUTE FUNCTION tasks.place();

CREATE TRIGGER list_new_ready
  AFTER INSERT ON tasks.queue
  FOR EACH ROW
  WHEN (NEW.position IS NOT NULL)
  EXECUTE FUNCTION tasks.list_ready();

CREATE TRIGGER list_ready
  AFTER UPDATE ON tasks.queue
  FOR EACH ROW
  WHEN (NEW.position IS DISTINCT FROM OLD.position AND NEW.position IS NOT NULL)
  EXECUTE FUNCTION tasks.list_ready();

CREATE TRIGGER set_new_timers
  AFTER INSERT ON tasks.queue
  FOR EACH ROW
  WHEN (NEW.expires_at IS NOT NULL OR (NEW.scheduled_at IS NOT NULL AND NEW.position IS NULL))
  EXECUTE FUNCTION tasks.set_timers();

CREATE TRIGGER set_timers
  AFTER UPDATE OF scheduled_at, expires_at ON tasks.queue
  FOR EACH ROW
  WHEN (
    NEW.expires_at IS DISTINCT FROM OLD.expires_at
    OR (NEW.scheduled_at IS DISTINCT FROM OLD.scheduled_at AND NEW.position IS NULL)
  )
  EXECUTE FUNCTION tasks.set_timers();

-- Counts what the new dependencies block. It changes the rows that are depended on, so that it waits
-- for a transaction that is just ending one of them, and fails with 40001 in an older snapshot.
CREATE FUNCTION tasks.count_dependencies()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_ended UUID;
  v_begun UUID;
BEGIN
  WITH counted AS (
    SELECT depends_on_task_id, count(*) AS more FROM added GROUP BY depends_on_task_id
  ),
  locked AS (
    SELECT q.task_id, c.more
      FROM tasks.queue AS q
      JOIN counted AS c ON c.depends_on_task_id = q.task_id
     ORDER BY q.task_id
       FOR NO KEY UPDATE OF q
  )
  UPDATE tasks.queue AS q
     SET dependants = q.dependants + l.more
    FROM locked AS l
   WHERE q.task_id = l.task_id;

  UPDATE tasks.dependencies AS d
     SET met = TRUE
    FROM added AS a
    JOIN tasks.queue AS o ON o.task_id = a.depends_on_task_id
   WHERE d.dependency_id = a.dependency_id
     AND tasks.is_met(a.dependency_type, o.status, o.started_at);

  SELECT d.depends_on_task_id
    INTO v_ended
    FROM added AS a
    JOIN tasks.dependencies AS d ON d.dependency_id = a.dependency_id
    JOIN tasks.queue AS o ON o.task_id = a.depends_on_task_id
   WHERE NOT d.met AND o.status IN ('failed', 'cancelled')
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'no task can depend on task %, which has ended without success', v_ended
      USING ERRCODE = 'check_violation',
            SCHEMA = 'tasks',
            TABLE = 'dependencies',
            CONSTRAINT = 'dependency_can_be_met';
  END IF;

  WITH counted AS (
    SELECT d.task_id, count(*) AS more
      FROM added AS a
      JOIN tasks.dependencies AS d ON d.dependency_id = a.dependency_id
     WHERE NOT d.met
     GROUP BY d.task_id
  ),
  locked AS (
    SELECT q.task_id, c.more
      FROM tasks.queue AS q
      JOIN counted AS c ON c.task_id = q.task_id
     ORDER BY q.task_id
       FOR NO KEY UPDATE OF q
  )
  UPDATE tasks.queue AS q
     SET blocked_by = q.blocked_by + l.more
    FROM locked AS l
   WHERE q.task_id = l.task_id;

  SELECT d.task_id
    INTO v_begun
    FROM added AS a
    JOIN tasks.dependencies AS d ON d.dependency_id = a.dependency_id
    JOIN tasks.queue AS q ON q.task_id = d.task_id
   WHERE NOT d.met AND q.status NOT IN ('pending', 'queued', 'paused')
   LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'task % cannot wait for another one any more: it has begun or ended', v_begun
      USING ERRCODE = 'check_violation',
            SCHEMA = 'tasks',
            TABLE = 'dependencies',
            CONSTRAINT = 'dependent_has_not_begun';
  END IF;
  RETURN NULL;
END;
$$;

-- Whether a dependency on a task in this status is met.
CREATE FUNCTION tasks.is_met(
  p_type TEXT,
  p_status tasks.task_status_type,
  p_started_at TIMESTAMPTZ
)
RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE
AS $$
  SELECT p_status = 'completed'
      OR (p_type = 'start' AND p_started_at IS NOT NULL)
      OR (p_type = 'resource' AND p_status IN ('failed', 'cancelled'))
$$;

CREATE TRIGGER count_dependencies
  AFTER INSERT ON tasks.dependencies
  REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT
  EXECUTE FUNCTION tasks.count_dependencies();

CREATE FUNCTION tasks.forget_dependency()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  UPDATE tasks.queue
     SET blocked_by = blocked_by - 1
   WHERE task_id = OLD.task_id;
  RETURN NULL;
END;
$$;

CREATE TRIGGER forget_dependency
  AFTER DELETE ON tasks.dependencies
  FOR EACH ROW
  WHEN (NOT OLD.met)
  EXECUTE FUNCTION tasks.forget_dependency();

-- A dependency that was changed is counted again.
CREATE FUNCTION tasks.recount_dependency()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  UPDATE tasks.queue SET dependants = dependants + 1 WHERE task_id = NEW.depends_on_task_id;
  UPDATE tasks.dependencies AS d
     SET met = tasks.is_met(d.dependency_type, o.status, o.started_at)
    FROM tasks.queue AS o
   WHERE d.dependency_id = NEW.dependency_id AND o.task_id = d.depends_on_task_id;
  UPDATE tasks.queue AS q
     SET blocked_by = (
           SELECT count(*) FROM tasks.dependencies AS d WHERE d.task_id = q.task_id AND NOT d.met
         )
   WHERE q.task_id IN (OLD.task_id, NEW.task_id);
  RETURN NULL;
END;
$$;

CREATE TRIGGER recount_dependency
  AFTER UPDATE OF task_id, depends_on_task_id, dependency_type ON tasks.dependencies
  FOR EACH ROW
  EXECUTE FUNCTION tasks.recount_dependency();

-- Releases the tasks whose dependency is met now. When the task ended without success, cancels those
-- that waited for its success, and those that waited for theirs.
CREATE FUNCTION tasks.release_dependants()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_ended UUID[] := ARRAY[NEW.task_id];
  v_level UUID[] := CASE WHEN NEW.status IN ('failed', 'cancelled') THEN v_ended END;
BEGIN
  -- Level by level, each in a new snapshot: a dependency that was added while its target was waited
  -- for is seen after it.
  WHILE cardinality(v_level) > 0 LOOP
    WITH lost AS (
      SELECT DISTINCT d.task_id
        FROM tasks.dependencies AS d
       WHERE d.depends_on_task_id = ANY (v_level)
         AND NOT d.met
         AND NOT CASE
                   WHEN d.depends_on_task_id = NEW.task_id
                     THEN tasks.is_met(d.dependency_type, NEW.status, NEW.started_at)
                   ELSE tasks.is_met(d.dependency_type, 'cancelled', NULL)
                 END
    ),
    locked AS (
      SELECT q.task_id
        FROM tasks.queue AS q
        JOIN lost AS l ON l.task_id = q.task_id
       WHERE q.task_id <> NEW.task_id AND q.status IN ('pending', 'queued', 'paused')
       ORDER BY q.task_id
         FOR NO KEY UPDATE OF q
    ),
    cancelled AS (
      UPDATE tasks.queue AS q
         SET status = 'cancelled',
             dependants = 0,
             error_message = 'it depends on task ' || NEW.task_id || ', which ended without success'
        FROM locked AS l
       WHERE q.task_id = l.task_id
      RETURNING q.task_id
    )
    SELECT array_agg(task_id::UUID) INTO v_level FROM cancelled;
    v_ended := v_ended || v_level;
  END LOOP;

  WITH met AS (
    UPDATE tasks.dependencies AS d
       SET met = TRUE
     WHERE d.depends_on_task_id = ANY (v_ended)
       AND NOT d.met
       AND CASE
             WHEN d.depends_on_task_id = NEW.task_id
               THEN tasks.is_met(d.dependency_type, NEW.status, NEW.started_at)
             ELSE tasks.is_met(d.dependency_type, 'cancelled', NULL)
           END
    RETURNING d.task_id
  ),
  counted AS (
    SELECT task_id, count(*) AS fewer FROM met GROUP BY task_id
  ),
  locked AS (
    SELECT q.task_id, c.fewer
      FROM tasks.queue AS q
      JOIN counted AS c ON c.task_id = q.task_id
     ORDER BY q.task_id
       FOR NO KEY UPDATE OF q
  )
  UPDATE tasks.queue AS q
     SET blocked_by = q.blocked_by - l.fewer
    FROM locked AS l
   WHERE q.task_id = l.task_id;
  RETURN NULL;
END;
$$;

CREATE TRIGGER release_dependants
  AFTER UPDATE OF status ON tasks.queue
  FOR EACH ROW
  WHEN (
    NEW.dependants > 0
    AND NEW.status IS DISTINCT FROM OLD.status
    AND NEW.status IN ('running', 'completed', 'failed', 'cancelled')
  )
  EXECUTE FUNCTION tasks.release_dependants();

-- A task that nobody depends on yet closes no cycle.
CREATE OR REPLACE FUNCTION tasks.refuse_dependency_cycle()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM tasks.dependencies WHERE depends_on_task_id = NEW.task_id) THEN
    RETURN NULL;
  END IF;
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

-- Places the tasks that there are already.
UPDATE tasks.dependencies AS d
   SET met = TRUE
  FROM tasks.queue AS o
 WHERE o.task_id = d.depends_on_task_id
   AND tasks.is_met(d.dependency_type, o.status, o.started_at);

UPDATE tasks.queue AS q
   SET dependants = c.dependants,
       blocked_by = c.blocked_by,
       attempts = c.attempts,
       scheduled_at = q.scheduled_at
  FROM (
         SELECT
           t.task_id,
           (SELECT count(*) FROM tasks.dependencies AS d WHERE d.depends_on_task_id = t.task_id)
             AS dependants,
           (SELECT count(*) FROM tasks.dependencies AS d WHERE d.task_id = t.task_id AND NOT d.met)
             AS blocked_by,
           (SELECT coalesce(max(e.execution_attempt), 0)
              FROM tasks.executions AS e
             WHERE e.task_id = t.task_id) AS attempts
           FROM tasks.queue AS t
          WHERE t.status NOT IN ('completed', 'failed', 'cancelled')
       ) AS c
 WHERE q.task_id = c.task_id;

INSERT INTO tasks.timers (at, task_id)
SELECT q.at, q.task_id
  FROM (
         SELECT scheduled_at AS at, task_id FROM tasks.queue WHERE status = 'pending'
          UNION
         SELECT expires_at, task_id
           FROM tasks.queue
          WHERE status NOT IN ('completed', 'failed', 'cancelled')
       ) AS q
 WHERE q.at IS NOT NULL
ON CONFLICT DO NOTHING;
