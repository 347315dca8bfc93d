-- kind: function
-- depends-on: 11.2.0
-- What has to be done for tasks as time goes by.

-- Makes up to p_limit tasks claimable that are due, and cancels those that have expired. Returns how
-- many timers were due.
CREATE FUNCTION tasks.fire_timers(p_limit INTEGER)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_due UUID[];
BEGIN
  WITH due AS (
    SELECT t.at, t.task_id
      FROM tasks.timers AS t
     WHERE t.at <= clock_timestamp()
     ORDER BY t.at
     LIMIT p_limit
       FOR UPDATE SKIP LOCKED
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

  PERFORM FROM tasks.queue WHERE task_id = ANY (v_due) ORDER BY task_id FOR NO KEY UPDATE;
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
DECLARE
  v_stopped UUID[];
  v_tokens BIGINT[];
BEGIN
  IF cardinality(p_tasks) = 0 THEN
    RETURN;
  END IF;
  WITH before AS (
    SELECT q.task_id, q.status, q.token
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
    RETURNING b.task_id, b.token, b.status
  )
  SELECT array_agg(task_id::UUID),
         array_agg(token) FILTER (WHERE status = 'running' AND token IS NOT NULL)
    INTO v_stopped, v_tokens
    FROM stopped;
  IF v_tokens IS NOT NULL THEN
    PERFORM FROM tasks.end_leases(v_tokens);
  END IF;
  UPDATE tasks.executions
     SET status = 'cancelled',
         completed_at = greatest(clock_timestamp(), started_at),
         error_message = p_reason
   WHERE task_id = ANY (v_stopped) AND completed_at IS NULL;
  RETURN QUERY SELECT unnest(v_stopped);
END;
$$;

-- Fails up to p_limit executions whose worker has not renewed its lease, or which have taken longer
-- than their task allows. Returns how many.
CREATE FUNCTION tasks.take_over(p_limit INTEGER)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_tokens BIGINT[];
  v_errors TEXT[];
  v_again INTERVAL[];
BEGIN
  WITH late AS (
    SELECT l.token, l.worker, l.expires_at, l.deadline
      FROM tasks.leases AS l
      JOIN tasks.queue AS q ON q.task_id = l.task_id
     WHERE l.expires_at <= clock_timestamp() OR l.deadline <= clock_timestamp()
     LIMIT p_limit
       FOR NO KEY UPDATE OF l, q SKIP LOCKED
  )
  SELECT
    array_agg(token),
    array_agg(
      CASE
        WHEN deadline <= clock_timestamp() THEN 'it ran for longer than its max_execution_time'
        ELSE 'worker ' || worker || ' did not renew its lease'
      END
    ),
    array_agg(INTERVAL '0')
    INTO v_tokens, v_errors, v_again
    FROM late;
  -- Leases of tasks that were deleted.
  DELETE FROM tasks.leases AS l
   WHERE l.expires_at <= clock_timestamp()
     AND NOT EXISTS (SELECT FROM tasks.queue AS q WHERE q.task_id = l.task_id);
  IF v_tokens IS NULL THEN
    RETURN 0;
  END IF;
  RETURN count(*)
    FROM tasks.finish(
           v_tokens, array_fill(NULL::TEXT, ARRAY[cardinality(v_tokens)]), v_errors, v_again
         );
END;
$$;

-- Truncates the segments of tasks.ready and tasks.leases that are filled no more, once their live
-- rows are few, and gives those a new place. Returns how many segments could not be locked.
--
-- It needs a moment without anybody in the segment. It gives up after 50 ms, since claims queue up
-- behind it.
CREATE FUNCTION tasks.recycle()
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
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
    SELECT k.relation, s.number, format('tasks.%s_%s', k.relation, s.number)::REGCLASS AS part
      FROM (
             SELECT 'ready' AS relation, last_value FROM tasks.ready_positions
              UNION ALL
             SELECT 'leases', last_value FROM tasks.lease_tokens
           ) AS k
     CROSS JOIN generate_series(0, 3) AS s (number)
     WHERE s.number NOT IN (tasks.segment(k.last_value), tasks.segment(k.last_value + 2048))
  LOOP
    -- Some pages are as quickly stepped over as cleared.
    CONTINUE WHEN pg_relation_size(v_segment.part) < 64 * 1024;
    EXECUTE format(
        'SELECT count(*) FROM (SELECT FROM tasks.%I WHERE segment = $1 LIMIT $2) AS l',
        v_segment.relation
      )
      INTO v_live
      USING v_segment.number::SMALLINT, c_most + 1;
    CONTINUE WHEN v_live > least(c_most, pg_relation_size(v_segment.part) / 400);
    BEGIN
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
      WHEN lock_not_available THEN
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
