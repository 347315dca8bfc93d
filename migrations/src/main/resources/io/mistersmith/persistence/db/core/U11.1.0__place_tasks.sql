DROP TRIGGER release_dependants ON tasks.queue;

DROP TRIGGER set_timers ON tasks.queue;

DROP TRIGGER set_new_timers ON tasks.queue;

DROP TRIGGER list_ready ON tasks.queue;

DROP TRIGGER list_new_ready ON tasks.queue;

DROP TRIGGER want_place ON tasks.queue;

DROP TRIGGER recount_dependency ON tasks.dependencies;

DROP TRIGGER forget_dependency ON tasks.dependencies;

DROP TRIGGER count_dependencies ON tasks.dependencies;

DROP FUNCTION tasks.release_dependants();

DROP FUNCTION tasks.recount_dependency();

DROP FUNCTION tasks.forget_dependency();

DROP FUNCTION tasks.count_dependencies();

DROP FUNCTION tasks.is_met(TEXT, tasks.task_status_type, TIMESTAMPTZ);

DROP FUNCTION tasks.set_timers();

DROP FUNCTION tasks.list_ready();

DROP FUNCTION tasks.place();

DROP FUNCTION tasks.has_own_key(tasks.queue);

DROP FUNCTION tasks.lane(TEXT, UUID);

DROP FUNCTION tasks.rank(tasks.task_priority_type, TIMESTAMPTZ);

DROP FUNCTION tasks.segment(BIGINT);

CREATE OR REPLACE FUNCTION tasks.refuse_dependency_cycle()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
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
