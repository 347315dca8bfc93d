-- kind: function
-- Plans of slow statements, without ever running one.
--
-- The texts come from pg_stat_statements, that is, from anybody who may connect. Between such a
-- text and the database stand, one behind the other:
--  1. One statement: a text with a semicolon anywhere is refused; the grammar knows no
--     other way to begin a second statement. Besides, EXPLAIN runs as a cursor, which takes no more
--     than one.
--  2. No execution: EXPLAIN without ANALYZE. Only what EXPLAIN and PREPARE take by their grammar is
--     let through to them: queries and changes of rows.
--  3. The planner runs code of its own accord: functions that are declared immutable or stable, with
--     the rights of the role that explains. So the statement must come from a role whose code gains
--     nothing by that: the current one, or one that is a member of it. A superuser can explain
--     superusers' statements only; let an application's own role capture its own.
--  4. It all happens in a read-only subtransaction, which is rolled back in the end.

-- The plan as EXPLAIN (FORMAT JSON) gives it, or an object with the reason as "error". Names that
-- the text does not qualify are looked up in p_search_path alone.
CREATE FUNCTION monitoring.explain_statement(
  p_query_text TEXT,
  p_search_path TEXT DEFAULT 'pg_catalog'
)
RETURNS JSONB
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_text CONSTANT TEXT := regexp_replace(p_query_text, '[[:space:];]+$', '');
  v_name CONSTANT TEXT := 'monitoring_' || replace(gen_random_uuid()::text, '-', '');
  v_explain TEXT;
  v_row RECORD;
  v_plan JSONB;
  v_error JSONB;
BEGIN
  IF v_text IS NULL OR v_text = '' OR v_text = '<insufficient privilege>' THEN
    RETURN jsonb_build_object('error', 'the text of the statement is not to be had');
  END IF;
  IF position(';' IN v_text) > 0 THEN
    RETURN jsonb_build_object('error', 'the text has a semicolon and may be several statements');
  END IF;
  IF v_text !~* ('^(?:[[:space:](]|--[^\n]*\n|/\*([^*]|\*(?!/))*\*/)*'
    '(?:select|insert|update|delete|merge|with|values|table)\M')
  THEN
    RETURN jsonb_build_object('error', 'utility statements have no plan');
  END IF;

  BEGIN
    PERFORM
      set_config('transaction_read_only', 'on', TRUE),
      set_config('search_path', p_search_path, TRUE),
      set_config('lock_timeout', '1s', TRUE),
      set_config('plan_cache_mode', 'force_generic_plan', TRUE);
    IF current_setting('server_version_num')::integer >= 160000 THEN
      v_explain := 'EXPLAIN (GENERIC_PLAN, FORMAT JSON) ' || v_text;
    ELSE
      EXECUTE format('PREPARE %I AS %s', v_name, v_text);
      SELECT format('EXPLAIN (FORMAT JSON) EXECUTE %I', v_name)
             || coalesce('(' || string_agg('NULL', ', ') || ')', '')
        INTO v_explain
        FROM pg_prepared_statements s
       CROSS JOIN unnest(s.parameter_types) AS t (type)
       WHERE s.name = v_name;
    END IF;
    FOR v_row IN EXECUTE v_explain LOOP
      v_plan := to_jsonb(v_row) -> 'QUERY PLAN';
    END LOOP;
    -- Back out of the subtransaction, whatever planning did in it.
    RAISE EXCEPTION USING ERRCODE = 'MSP00', MESSAGE = 'explained';
  EXCEPTION
    WHEN SQLSTATE 'MSP00' THEN
      v_error := NULL;
    WHEN OTHERS THEN
      v_plan := NULL;
      v_error := jsonb_build_object('error', SQLERRM, 'sqlstate', SQLSTATE);
  END;
  -- A prepared statement outlives the rollback.
  IF EXISTS (SELECT FROM pg_prepared_statements s WHERE s.name = v_name) THEN
    EXECUTE format('DEALLOCATE %I', v_name);
  END IF;
  RETURN coalesce(v_plan, v_error);
END;
$$;

-- Why the current role should not have the planner look at a statement that these roles ran, or
-- null.
CREATE FUNCTION monitoring.explain_obstacle(p_user_ids OID[])
RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT format(
      'run by %s, whose functions planning would run with the rights of %s: capture it as that role',
      string_agg(coalesce(r.rolname, u.id::text), ', ' ORDER BY r.rolname),
      current_user)
    FROM unnest(p_user_ids) AS u (id)
    LEFT JOIN pg_roles r ON r.oid = u.id
   WHERE r.oid IS NULL OR NOT pg_has_role(r.oid, current_user, 'MEMBER')
  HAVING count(*) > 0;
$$;

-- Keeps the plan of a statement, and why there is none if so; returns its plan_id. A text that the
-- caller made up, and that pg_stat_statements does not know under that hash, is the caller's own.
CREATE FUNCTION monitoring.capture_slow_query_plan(
  p_query_hash TEXT,
  p_query_text TEXT,
  p_mean_exec_time NUMERIC,
  p_search_path TEXT DEFAULT 'pg_catalog'
)
RETURNS UUID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_known RECORD;
  v_obstacle TEXT;
  v_plan_id UUID;
BEGIN
  SELECT s.calls, s.total_exec_time_ms, s.row_count, s.user_ids
    INTO v_known
    FROM monitoring.slow_statements(0) s
   WHERE s.query_hash = p_query_hash;
  v_obstacle := monitoring.explain_obstacle(v_known.user_ids);
  INSERT INTO monitoring.query_plans (
    query_hash, query_text, plan_json, execution_stats, mean_exec_time_ms, calls,
    total_exec_time_ms)
  VALUES (
    p_query_hash,
    p_query_text,
    CASE WHEN v_obstacle IS NULL
      THEN monitoring.explain_statement(p_query_text, p_search_path)
      ELSE jsonb_build_object('error', v_obstacle)
    END,
    jsonb_strip_nulls(jsonb_build_object(
      'captured_at', clock_timestamp(),
      'mean_exec_time_ms', p_mean_exec_time,
      'calls', v_known.calls,
      'rows', v_known.row_count)),
    p_mean_exec_time,
    v_known.calls,
    v_known.total_exec_time_ms)
  RETURNING plan_id INTO v_plan_id;
  RETURN v_plan_id;
END;
$$;

-- Captures the slowest statements that were not captured within a day; returns how many. A cron job
-- may call it often. The statistics themselves are left as they are, for others to read.
CREATE FUNCTION monitoring.auto_capture_slow_queries(
  p_min_mean_ms NUMERIC DEFAULT 1000,
  p_limit INTEGER DEFAULT 10,
  p_search_path TEXT DEFAULT 'pg_catalog'
)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_count INTEGER := 0;
  v_query RECORD;
BEGIN
  FOR v_query IN
    SELECT s.query_hash, s.query_text, s.mean_exec_time_ms
      FROM monitoring.slow_statements(p_min_mean_ms) s
     WHERE s.query_text <> '<insufficient privilege>'
       AND s.query_text !~ 'pg_stat_statements|\mmonitoring\.'
       AND NOT EXISTS (
         SELECT
           FROM monitoring.query_plans p
          WHERE p.query_hash = s.query_hash
            AND p.captured_at > clock_timestamp() - INTERVAL '1 day')
     ORDER BY s.mean_exec_time_ms DESC
     LIMIT p_limit
  LOOP
    PERFORM monitoring.capture_slow_query_plan(
      v_query.query_hash, v_query.query_text, v_query.mean_exec_time_ms, p_search_path);
    v_count := v_count + 1;
  END LOOP;
  RETURN v_count;
END;
$$;
