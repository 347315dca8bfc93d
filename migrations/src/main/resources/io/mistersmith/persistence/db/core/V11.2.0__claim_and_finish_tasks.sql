-- kind: function
-- depends-on: 11.1.0
-- Claims tasks, renews their leases and ends their executions. The server's estimates of tables
-- whose rows live for moments are worthless, so the functions allow index scans and loops alone.

-- Takes tasks of the given types out of tasks.ready, those of the highest rank first: tasks that
-- belong to nobody, and those of the agent. Their rows stay locked.
CREATE FUNCTION tasks.take_ready(
  p_task_types TEXT[],
  p_agent_id UUID,
  p_least tasks.task_priority_type,
  p_limit INTEGER
)
RETURNS SETOF UUID
LANGUAGE plpgsql
SET search_path = pg_catalog
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
SET enable_material = off
AS $$
BEGIN
  RETURN QUERY
    WITH lanes AS (
      SELECT DISTINCT t.task_type, a.agent_id
        FROM unnest(p_task_types) AS t (task_type),
             unnest(ARRAY['00000000-0000-0000-0000-000000000000', p_agent_id]) AS a (agent_id)
       WHERE a.agent_id IS NOT NULL
    ),
    found AS MATERIALIZED (
      SELECT f.*
        FROM lanes AS l
       CROSS JOIN LATERAL (
               SELECT r.segment, r.task_type, r.agent_id, r.rank, r.position, r.task_id
                 FROM tasks.ready AS r
                 JOIN tasks.queue AS q ON q.task_id = r.task_id
                WHERE r.task_type = l.task_type
                  AND r.agent_id = l.agent_id
                  AND q.position = r.position
                  AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
                  AND (p_least IS NULL OR q.priority >= p_least)
                ORDER BY r.rank, r.position
                LIMIT p_limit
                  FOR NO KEY UPDATE OF r, q SKIP LOCKED
             ) AS f
    ),
    taken AS (
      SELECT * FROM found ORDER BY rank, position LIMIT p_limit
    ),
    gone AS (
      DELETE FROM tasks.ready AS r
       USING taken AS t
       WHERE r.segment = t.segment
         AND r.task_type = t.task_type
         AND r.agent_id = t.agent_id
         AND r.rank = t.rank
         AND r.position = t.position
    )
    SELECT task_id::UUID FROM taken ORDER BY rank, position;
END;
$$;

-- Gives a worker up to p_limit tasks to run, each under a lease that it has to renew, and records
-- the executions. No two callers get the same task, and none waits for another.
CREATE FUNCTION tasks.claim(
  p_task_types TEXT[],
  p_agent_id UUID,
  p_least tasks.task_priority_type,
  p_limit INTEGER,
  p_worker TEXT,
  p_lease INTERVAL
)
RETURNS SETOF tasks.queue
LANGUAGE plpgsql
SET search_path = pg_catalog
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
  RETURN QUERY
    WITH taken AS MATERIALIZED (
      SELECT t.task_id, t.number
        FROM tasks.take_ready(p_task_types, p_agent_id, p_least, p_limit)
             WITH ORDINALITY AS t (task_id, number)
    ),
    claimed AS (
      UPDATE tasks.queue AS q
         SET status = 'running',
             attempts = q.attempts + 1,
             token = nextval('tasks.lease_tokens')
        FROM taken AS t
       WHERE q.task_id = t.task_id
      RETURNING q.*
    ),
    leased AS (
      INSERT INTO tasks.leases (segment, token, task_id, worker, started_at, expires_at, deadline)
      SELECT
        tasks.segment(c.token), c.token, c.task_id, p_worker, c.started_at,
        clock_timestamp() + p_lease, coalesce(c.started_at + c.max_execution_time, 'infinity')
        FROM claimed AS c
    ),
    recorded AS (
      INSERT INTO tasks.executions
             (task_id, agent_id, execution_attempt, started_at, token, worker)
      SELECT c.task_id, p_agent_id, c.attempts, c.started_at, c.token, p_worker
        FROM claimed AS c
    )
    SELECT c.*
      FROM claimed AS c
      JOIN taken AS t ON t.task_id = c.task_id
     ORDER BY t.number;
END;
$$;

-- Gives an agent up to p_limit tasks to run, without a lease: nobody takes them over. Of the given
-- types only, if any are given.
CREATE OR REPLACE FUNCTION tasks.claim_next(
  p_agent_id UUID,
  p_task_types TEXT[] DEFAULT NULL,
  p_limit INTEGER DEFAULT 1
)
RETURNS SETOF tasks.queue
LANGUAGE plpgsql
SET search_path = pg_catalog
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
  RETURN QUERY
    WITH RECURSIVE types (task_type) AS (
      (SELECT r.task_type FROM tasks.ready AS r ORDER BY r.task_type LIMIT 1)
       UNION ALL
      SELECT (SELECT r.task_type
                FROM tasks.ready AS r
               WHERE r.task_type > t.task_type
               ORDER BY r.task_type
               LIMIT 1)
        FROM types AS t
       WHERE t.task_type IS NOT NULL
    ),
    taken AS MATERIALIZED (
      SELECT t.task_id, t.number
        FROM tasks.take_ready(
               coalesce(
                 p_task_types,
                 ARRAY(SELECT task_type::TEXT FROM types WHERE task_type IS NOT NULL)
               ),
               p_agent_id, NULL, p_limit
             ) WITH ORDINALITY AS t (task_id, number)
    ),
    claimed AS (
      UPDATE tasks.queue AS q
         SET status = 'running',
             attempts = q.attempts + 1,
             assigned_agent_id = p_agent_id
        FROM taken AS t
       WHERE q.task_id = t.task_id
      RETURNING q.*
    )
    SELECT c.*
      FROM claimed AS c
      JOIN taken AS t ON t.task_id = c.task_id
     ORDER BY t.number;
END;
$$;

-- Renews leases and returns the tokens of those that are still held.
CREATE FUNCTION tasks.renew_leases(p_tokens BIGINT[], p_lease INTERVAL)
RETURNS SETOF BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_held BIGINT[];
BEGIN
  WITH renewed AS (
    UPDATE tasks.leases AS l
       SET expires_at = clock_timestamp() + p_lease
      FROM unnest(p_tokens) AS t (token)
     WHERE l.segment = tasks.segment(t.token) AND l.token = t.token
    RETURNING l.token
  )
  SELECT coalesce(array_agg(token), '{}') INTO v_held FROM renewed;
  RETURN QUERY SELECT unnest(v_held);
  -- In a later statement: a lease that moves meanwhile is seen in one of both places.
  RETURN QUERY
    UPDATE tasks.leases AS l
       SET expires_at = clock_timestamp() + p_lease
      FROM unnest(p_tokens) AS t (token)
     WHERE l.segment = 4 AND l.token = t.token AND t.token <> ALL (v_held)
    RETURNING l.token;
END;
$$;

-- Ends leases, and returns those that were held.
CREATE FUNCTION tasks.end_leases(p_tokens BIGINT[])
RETURNS SETOF tasks.leases
LANGUAGE plpgsql
SET search_path = pg_catalog
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  v_ended tasks.leases[];
BEGIN
  WITH ended AS (
    DELETE FROM tasks.leases AS l
     USING unnest(p_tokens) AS t (token)
     WHERE l.segment = tasks.segment(t.token) AND l.token = t.token
    RETURNING l.*
  )
  SELECT coalesce(array_agg(e), '{}') INTO v_ended FROM ended AS e;
  RETURN QUERY SELECT u.* FROM unnest(v_ended) AS u;
  IF cardinality(v_ended) < cardinality(p_tokens) THEN
    RETURN QUERY
      DELETE FROM tasks.leases AS l
       USING unnest(p_tokens) AS t (token)
       WHERE l.segment = 4 AND l.token = t.token
      RETURNING l.*;
  END IF;
END;
$$;

-- Ends executions, and returns the tokens of those whose lease was held. An execution with an error
-- has failed: its task is due again after p_again, unless that is NULL or no retry is left.
CREATE FUNCTION tasks.finish(
  p_tokens BIGINT[],
  p_results TEXT[],
  p_errors TEXT[],
  p_again INTERVAL[]
)
RETURNS SETOF BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
  RETURN QUERY
    WITH ended AS MATERIALIZED (
      SELECT l.token, l.task_id, l.started_at, f.result::JSONB AS result, f.error, f.again
        FROM tasks.end_leases(p_tokens) AS l
        JOIN unnest(p_tokens, p_results, p_errors, p_again) AS f (token, result, error, again)
          ON f.token = l.token
    ),
    changed AS (
      UPDATE tasks.queue AS q
         SET status = CASE
                        WHEN e.error IS NULL THEN 'completed'
                        WHEN e.again IS NULL OR q.retry_count >= q.max_retries THEN 'failed'
                        ELSE 'pending'
                      END::tasks.task_status_type,
             retry_count = CASE
                             WHEN e.error IS NULL OR e.again IS NULL
                               OR q.retry_count >= q.max_retries THEN q.retry_count
                             ELSE q.retry_count + 1
                           END,
             scheduled_at = CASE
                              WHEN e.error IS NULL OR e.again IS NULL
                                OR q.retry_count >= q.max_retries THEN q.scheduled_at
                              ELSE clock_timestamp() + e.again
                            END,
             error_message = e.error
        FROM ended AS e
       WHERE q.task_id = e.task_id AND q.token = e.token AND q.status = 'running'
    )
    UPDATE tasks.executions AS x
       SET status = CASE WHEN e.error IS NULL THEN 'completed' ELSE 'failed' END::tasks.task_status_type,
           completed_at = greatest(clock_timestamp(), x.started_at),
           result = e.result,
           error_message = e.error
      FROM ended AS e
     WHERE x.task_id = e.task_id AND x.started_at = e.started_at
    RETURNING x.token;
END;
$$;
