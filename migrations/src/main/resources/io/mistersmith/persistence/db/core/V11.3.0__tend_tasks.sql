-- kind: function
-- depends-on: 11.2.0
-- What has to be done for tasks as time goes by.

-- Makes up to p_limit tasks claimable that are due, and cancels those that have expired. Passes over
-- tasks that another session holds: their timers stay. Returns how many timers were due. A plan that
-- sorted would lock more than it takes.
CREATE FUNCTION tasks.fire_timers(p_limit INTEGER)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
SET enable_material = off
SET enable_sort = off
SET enable_incremental_sort = off
AS $$
DECLARE
  v_due UUID[];
BEGIN
  WITH due AS (
    SELECT t.at, t.task_id
      FROM tasks.timers AS t
      LEFT JOIN LATERAL (
             SELECT q.task_id
               FROM tasks.queue AS q
              WHERE q.task_id = t.task_id
                FOR NO KEY UPDATE SKIP LOCKED
           ) AS q ON TRUE
     WHERE t.at <= clock_timestamp()
       AND (q.task_id IS NOT NULL
            OR NOT EXISTS (SELECT FROM tasks.queue AS k WHERE k.task_id = t.task_id))
     ORDER BY t.at, t.task_id
     LIMIT p_limit
       FOR UPDATE OF t SKIP LOCKED
  ),
  fired AS (
    DELETE FROM tasks.timers AS t
     USING due AS d
     WHERE t.at = d.at AND t.task_id = d.task_id
    RETURNING t.task_id
  )
  SELECT array_agg(task_id::UUID) INTO v_due FROM fired;
  IF v_due IS NULL THEN
    RETURN 0;
  END IF;

  PERFORM tasks.stop(
            ARRAY(
              SELECT task_id::UUID
                FROM tasks.queue
               WHERE task_id = ANY (v_due)
                 AND expires_at <= clock_timestamp()
                 AND status IN ('pending', 'queued', 'paused', 'running')
            ),
            'it expired before it was completed'
          );
  UPDATE tasks.queue
     SET position = NULL
   WHERE task_id = ANY (v_due)
     AND status = 'pending'
     AND position IS NULL
     AND blocked_by = 0
     AND scheduled_at <= clock_timestamp();
  RETURN cardinality(v_due);
END;
$$;

-- Cancels tasks that have not ended, with the executions under way; returns those that it cancelled.
CREATE FUNCTION tasks.stop(p_tasks UUID[], p_reason TEXT)
RETURNS SETOF UUID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  RETURN QUERY
    WITH before AS (
      SELECT q.task_id, q.status
        FROM tasks.queue AS q
       WHERE q.task_id = ANY (p_tasks) AND q.status NOT IN ('completed', 'failed', 'cancelled')
       ORDER BY q.task_id
         FOR NO KEY UPDATE
    ),
    stopped AS (
      UPDATE tasks.queue AS q
         SET status = 'cancelled',
             error_message = p_reason
        FROM before AS b
       WHERE q.task_id = b.task_id
      RETURNING q.task_id, q.started_at, b.status
    ),
    recorded AS (
      UPDATE tasks.executions AS x
         SET status = 'cancelled',
             completed_at = greatest(clock_timestamp(), x.started_at),
             error_message = p_reason
        FROM stopped AS s
       WHERE s.status = 'running'
         AND x.task_id = s.task_id
         AND x.started_at = s.started_at
         AND x.completed_at IS NULL
    )
    SELECT s.task_id::UUID FROM stopped AS s;
END;
$$;

-- Fails the executions of workers that have not renewed their leases, and those that have taken longer
-- than their tasks allow: up to p_limit, and the others of the last claim. Passes over what another
-- session holds. Returns how many executions it failed.
CREATE FUNCTION tasks.take_over(p_limit INTEGER)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_now TIMESTAMPTZ := clock_timestamp();
  v_lease RECORD;
  v_tasks UUID[];
  v_errors TEXT[];
  v_failed INTEGER := 0;
BEGIN
  FOR v_lease IN
    SELECT l.*
      FROM tasks.leases AS l
     WHERE l.expires_at <= v_now OR l.deadline <= v_now
     LIMIT p_limit
       FOR NO KEY UPDATE SKIP LOCKED
  LOOP
    SELECT
      array_agg(late.task_id),
      array_agg(
        CASE
          WHEN late.overdue THEN 'it ran for longer than its max_execution_time'
          ELSE 'worker ' || v_lease.worker || ' did not renew its lease'
        END
      )
      INTO v_tasks, v_errors
      FROM (
             SELECT q.task_id::UUID,
                    coalesce(q.started_at + CASE WHEN q.max_execution_time < INTERVAL '365250 days' THEN q.max_execution_time
          WHEN q.max_execution_time IS NOT NULL THEN INTERVAL '365250 days' END <= v_now, FALSE) AS overdue
               FROM tasks.queue AS q
              WHERE q.task_id = ANY (v_lease.task_ids)
                AND q.token = v_lease.token
                AND q.status = 'running'
                AND (
                  v_lease.expires_at <= v_now OR q.started_at + CASE WHEN q.max_execution_time < INTERVAL '365250 days' THEN q.max_execution_time
          WHEN q.max_execution_time IS NOT NULL THEN INTERVAL '365250 days' END <= v_now
                )
              ORDER BY q.task_id
                FOR NO KEY UPDATE SKIP LOCKED
           ) AS late;
    IF v_tasks IS NOT NULL THEN
      v_failed := v_failed + (
        SELECT count(*)
          FROM tasks.finish(
                 v_tasks,
                 array_fill(v_lease.token, ARRAY[cardinality(v_tasks)]),
                 array_fill(NULL::TEXT, ARRAY[cardinality(v_tasks)]),
                 v_errors,
                 array_fill(INTERVAL '0', ARRAY[cardinality(v_tasks)])
               )
      );
    END IF;
    IF NOT EXISTS (
      SELECT
        FROM tasks.queue AS q
       WHERE q.task_id = ANY (v_lease.task_ids)
         AND q.token = v_lease.token
         AND q.status = 'running'
    ) THEN
      DELETE FROM tasks.leases WHERE segment = v_lease.segment AND token = v_lease.token;
    ELSIF v_lease.deadline <= v_now THEN
      UPDATE tasks.leases AS l
         SET deadline = coalesce(
               (SELECT min(q.started_at + CASE WHEN q.max_execution_time < INTERVAL '365250 days' THEN q.max_execution_time
          WHEN q.max_execution_time IS NOT NULL THEN INTERVAL '365250 days' END)
                  FROM tasks.queue AS q
                 WHERE q.task_id = ANY (v_lease.task_ids)
                   AND q.token = v_lease.token
                   AND q.status = 'running'),
               'infinity'
             )
       WHERE l.segment = v_lease.segment AND l.token = v_lease.token;
    END IF;
    EXIT WHEN v_failed >= p_limit;
  END LOOP;
  RETURN v_failed;
END;
$$;

-- Truncates the segments of tasks.ready and tasks.leases that are filled no more, once their live
-- rows are few, and gives those a new place. Returns how many segments could not be locked.
--
-- It needs a moment without anybody in the segment. It gives up after 50 ms, since claims queue up
-- behind it. It acts as the owner, who has to see every row that it truncates.
CREATE FUNCTION tasks.recycle()
RETURNS INTEGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = off
SET lock_timeout = '50ms'
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  c_most CONSTANT INTEGER := 1000;
  v_busy INTEGER := 0;
  v_segment RECORD;
  v_live BIGINT;
BEGIN
  IF NOT pg_try_advisory_xact_lock(hashtext('tasks.recycle')) THEN
    RETURN 0;
  END IF;
  FOR v_segment IN
    SELECT k.relation, s.number, format('tasks.%s_%s', k.relation, s.number) AS part
      FROM (
             SELECT 'ready' AS relation, last_value FROM tasks.ready_positions
              UNION ALL
             SELECT 'leases', last_value FROM tasks.lease_tokens
           ) AS k
     CROSS JOIN generate_series(0, 4) AS s (number)
     WHERE s.number NOT IN (tasks.segment(k.last_value), tasks.segment(k.last_value + 2048))
       AND (s.number < 4 OR k.relation = 'leases')
  LOOP
    -- Some pages are as quickly stepped over as cleared.
    CONTINUE WHEN pg_relation_size(v_segment.part) < 64 * 1024;
    BEGIN
      IF v_segment.relation = 'ready' THEN
        -- Without the rows of tasks that were cancelled or paused: they have no position any more.
        SELECT count(*)
          INTO v_live
          FROM (
                 SELECT
                   FROM tasks.ready AS r
                   JOIN tasks.queue AS q ON q.task_id = r.task_id AND q.position = r.position
                  WHERE r.segment = v_segment.number
                  LIMIT c_most + 1
               ) AS l;
      ELSE
        SELECT count(*)
          INTO v_live
          FROM (
                 SELECT FROM tasks.leases WHERE segment = v_segment.number LIMIT c_most + 1
               ) AS l;
      END IF;
      -- Only this function adds to the segment of leases that last.
      CONTINUE WHEN v_live > CASE v_segment.number
                               WHEN 4 THEN 0
                               ELSE least(c_most, pg_relation_size(v_segment.part) / 400)
                             END;
      EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', v_segment.part);
      IF v_segment.relation = 'ready' THEN
        UPDATE tasks.queue AS q
           SET position = NULL
          FROM tasks.ready AS r
         WHERE r.segment = v_segment.number
           AND q.task_id = r.task_id
           AND q.position = r.position;
      ELSE
        UPDATE tasks.leases SET segment = 4 WHERE segment = v_segment.number;
      END IF;
      EXECUTE format('TRUNCATE ONLY %s', v_segment.part);
    EXCEPTION
      WHEN lock_not_available OR insufficient_privilege THEN
        v_busy := v_busy + 1;
    END;
  END LOOP;
  RETURN v_busy;
END;
$$;

-- Without an index on completed_at, which would cost every task a row of it and its heap-only
-- updates: the oldest tasks are at the front of the table.
CREATE OR REPLACE FUNCTION tasks.archive_completed(
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
