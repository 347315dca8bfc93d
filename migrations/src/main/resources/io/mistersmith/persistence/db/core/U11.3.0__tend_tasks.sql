DROP FUNCTION tasks.recycle();

DROP FUNCTION tasks.take_over(INTEGER);

DROP FUNCTION tasks.fire_timers(INTEGER);

DROP FUNCTION tasks.stop(UUID[], TEXT);

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
              ORDER BY q.completed_at
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
