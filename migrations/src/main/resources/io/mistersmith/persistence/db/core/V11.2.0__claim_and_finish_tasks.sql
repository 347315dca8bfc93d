-- kind: function
-- depends-on: 11.1.0
-- Claims tasks, renews leases and ends executions. The server's estimates of tables whose rows live
-- for moments are worthless, so the functions allow index scans and loops alone.

-- Takes tasks of the given types out of tasks.ready, those of the highest rank first: tasks that
-- belong to nobody, and those of the agent. The rows of the queue stay locked. The order of the
-- index decides which ready task is looked at next: a plan that began with the queue would read all
-- of it, and one that sorted would lock more than it takes.
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
SET enable_sort = off
SET enable_incremental_sort = off
AS $$
BEGIN
  RETURN QUERY
    WITH lanes AS (
      SELECT DISTINCT t.task_type, a.agent_id, tasks.lane(t.task_type, a.agent_id) AS lane
        FROM unnest(p_task_types) AS t (task_type),
             unnest(ARRAY[NULL, p_agent_id]) AS a (agent_id)
    ),
    found AS MATERIALIZED (
      SELECT f.*
        FROM lanes AS l
       CROSS JOIN LATERAL (
               SELECT r.segment, r.lane, r.rank, r.position, r.task_id
                 FROM tasks.ready AS r
                CROSS JOIN LATERAL (
                        SELECT q.task_id
                          FROM tasks.queue AS q
                         WHERE q.task_id = r.task_id
                           AND q.position = r.position
                           AND q.task_type = l.task_type
                           AND q.assigned_agent_id IS NOT DISTINCT FROM l.agent_id
                           AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
                           AND (p_least IS NULL OR q.priority >= p_least)
                           FOR NO KEY UPDATE SKIP LOCKED
                      ) AS q
                WHERE r.lane = l.lane
                ORDER BY r.rank, r.position
                LIMIT p_limit
             ) AS f
    ),
    taken AS (
      SELECT * FROM found ORDER BY rank, position LIMIT p_limit
    ),
    gone AS (
      DELETE FROM tasks.ready AS r
       USING taken AS t
       WHERE r.segment = t.segment
         AND r.lane = t.lane
         AND r.rank = t.rank
         AND r.position = t.position
    )
    SELECT task_id::UUID FROM taken ORDER BY rank, position;
END;
$$;

-- Gives a worker up to p_limit tasks to run, under a lease that it has to renew, and records the
-- executions. No two callers get the same task, and none waits for another.
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
DECLARE
  v_taken UUID[] := ARRAY(
    SELECT t FROM tasks.take_ready(p_task_types, p_agent_id, p_least, p_limit) AS t
  );
  v_token BIGINT;
BEGIN
  IF v_taken = '{}' THEN
    RETURN;
  END IF;
  v_token := nextval('tasks.lease_tokens');
  RETURN QUERY
    WITH claimed AS (
      UPDATE tasks.queue AS q
         SET status = 'running',
             attempts = q.attempts + 1,
             token = v_token
        FROM unnest(v_taken) AS t (task_id)
       WHERE q.task_id = t.task_id
      RETURNING q.*
    ),
    leased AS (
      INSERT INTO tasks.leases (token, expires_at, deadline, segment, worker, task_ids)
      SELECT v_token, clock_timestamp() + p_lease,
             -- A sum past the last date would fail every claim of the type.
             coalesce(
               min(c.started_at + CASE WHEN c.max_execution_time < INTERVAL '365250 days' THEN c.max_execution_time
          WHEN c.max_execution_time IS NOT NULL THEN INTERVAL '365250 days' END),
               'infinity'
             ),
             tasks.segment(v_token), p_worker, v_taken
        FROM claimed AS c
    ),
    recorded AS (
      INSERT INTO tasks.executions
             (task_id, agent_id, execution_attempt, started_at, token, worker)
      SELECT c.task_id, p_agent_id, c.attempts, c.started_at, c.token, p_worker
        FROM claimed AS c
    )
    SELECT * FROM claimed AS c ORDER BY array_position(v_taken, c.task_id::UUID);
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
AS $$
DECLARE
  v_taken UUID[] := ARRAY(
    SELECT t
      FROM tasks.take_ready(
             coalesce(
               p_task_types,
               ARRAY(SELECT DISTINCT task_type::TEXT FROM tasks.queue WHERE position IS NOT NULL)
             ),
             p_agent_id, NULL, p_limit
           ) AS t
  );
BEGIN
  RETURN QUERY
    WITH claimed AS (
      UPDATE tasks.queue AS q
         SET status = 'running',
             attempts = q.attempts + 1,
             token = NULL,
             assigned_agent_id = p_agent_id
        FROM unnest(v_taken) AS t (task_id)
       WHERE q.task_id = t.task_id
      RETURNING q.*
    )
    SELECT * FROM claimed AS c ORDER BY array_position(v_taken, c.task_id::UUID);
END;
$$;

-- Renews the leases of claims, and returns the places of those of the given tasks that are held.
-- Passes over a lease that another transaction holds, which has ended its tasks or takes them over: the
-- other leases would wait for its commit, and expire.
CREATE FUNCTION tasks.renew_leases(p_tasks UUID[], p_tokens BIGINT[], p_lease INTERVAL)
RETURNS SETOF BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
  WITH free AS MATERIALIZED (
    SELECT l.segment, l.token
      FROM (SELECT DISTINCT unnest(p_tokens) AS token) AS t
      JOIN tasks.leases AS l ON l.segment = tasks.segment(t.token) AND l.token = t.token
       FOR NO KEY UPDATE OF l SKIP LOCKED
  )
  UPDATE tasks.leases AS l
     SET expires_at = clock_timestamp() + p_lease
    FROM free AS f
   WHERE l.segment = f.segment AND l.token = f.token;
  -- In a later statement: a lease that moves meanwhile is seen in one of both places.
  WITH free AS MATERIALIZED (
    SELECT l.token
      FROM (SELECT DISTINCT unnest(p_tokens) AS token) AS t
      JOIN tasks.leases AS l ON l.segment = 4 AND l.token = t.token
       FOR NO KEY UPDATE OF l SKIP LOCKED
  )
  UPDATE tasks.leases AS l
     SET expires_at = clock_timestamp() + p_lease
    FROM free AS f
   WHERE l.segment = 4 AND l.token = f.token;
  RETURN QUERY
    SELECT g.place
      FROM unnest(p_tasks, p_tokens) WITH ORDINALITY AS g (task_id, token, place)
      JOIN tasks.queue AS q ON q.task_id = g.task_id
     WHERE q.token = g.token AND q.status = 'running';
END;
$$;

-- Ends executions, and returns the places of those whose lease was held, each with whether a task may
-- be claimable now: it, or one that waited for it. An execution with an error has failed: its task is
-- due again after p_again, unless that is NULL or no retry is left.
CREATE FUNCTION tasks.finish(
  p_tasks UUID[],
  p_tokens BIGINT[],
  p_results TEXT[],
  p_errors TEXT[],
  p_again INTERVAL[]
)
RETURNS TABLE (held BIGINT, released BOOLEAN)
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
      SELECT f.task_id, f.token, f.result::JSONB AS result, f.error, f.again, f.place
        FROM unnest(p_tasks, p_tokens, p_results, p_errors, p_again)
             WITH ORDINALITY AS f (task_id, token, result, error, again, place)
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
      RETURNING q.task_id, q.started_at, q.attempts, e.result, e.error, e.place,
                q.status = 'queued' OR (q.status <> 'pending' AND q.dependants > 0) AS releases
    ),
    recorded AS (
      UPDATE tasks.executions AS x
         SET status = CASE
                        WHEN c.error IS NULL THEN 'completed'
                        ELSE 'failed'
                      END::tasks.task_status_type,
             completed_at = greatest(clock_timestamp(), x.started_at),
             result = c.result,
             error_message = c.error
        FROM changed AS c
       WHERE x.task_id = c.task_id
         AND x.started_at = c.started_at
         AND x.execution_attempt = c.attempts
    )
    SELECT c.place, c.releases FROM changed AS c;
  -- The leases of claims whose tasks have all ended. A later one expires by itself.
  DELETE FROM tasks.leases AS l
   USING (SELECT DISTINCT unnest(p_tokens) AS token) AS t
   WHERE l.segment = tasks.segment(t.token)
     AND l.token = t.token
     AND NOT EXISTS (
           SELECT
             FROM unnest(l.task_ids) AS c (task_id)
             JOIN tasks.queue AS q ON q.task_id = c.task_id
            WHERE q.token = l.token AND q.status = 'running'
         );
END;
$$;
