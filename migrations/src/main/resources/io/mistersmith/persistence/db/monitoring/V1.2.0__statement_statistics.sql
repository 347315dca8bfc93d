-- kind: function
-- The rows of pg_stat_statements, in whichever schema the extension is, or the reason for having none. The
-- functions that use it work without it.

-- Null when the statistics of statements can be read, else the reason and what to do.
CREATE FUNCTION monitoring.statement_statistics_obstacle()
RETURNS TEXT
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_schema NAME;
  v_version TEXT;
BEGIN
  SELECT n.nspname, e.extversion
    INTO v_schema, v_version
    FROM pg_extension e
    JOIN pg_namespace n ON n.oid = e.extnamespace
   WHERE e.extname = 'pg_stat_statements';
  IF NOT FOUND THEN
    RETURN 'the extension pg_stat_statements is not installed in this database: apply the set'
      ' "statements"';
  END IF;
  IF string_to_array(v_version, '.')::integer[] < ARRAY[1, 8] THEN
    RETURN format(
      'pg_stat_statements is of version %s: ALTER EXTENSION pg_stat_statements UPDATE', v_version);
  END IF;
  IF NOT has_schema_privilege(v_schema, 'USAGE') THEN
    RETURN format('%s may not use schema %s, where pg_stat_statements lives: grant it usage',
      current_user, v_schema);
  END IF;
  -- The function checks before it returns the first row, and false spares it the file of texts.
  EXECUTE format('SELECT FROM %I.pg_stat_statements(false) LIMIT 1', v_schema);
  RETURN NULL;
EXCEPTION
  WHEN object_not_in_prerequisite_state THEN
    RETURN 'pg_stat_statements is not loaded: add it to shared_preload_libraries and restart';
END;
$$;

-- Statements of this database whose mean time is at least p_min_mean_ms, slowest first, each once:
-- the same statement of several users is added up, and its text is one user's. Empty when the
-- statistics cannot be read. Statements of others are left out where the role may not see them.
CREATE FUNCTION monitoring.slow_statements(p_min_mean_ms NUMERIC)
RETURNS TABLE (
  query_hash TEXT,
  query_text TEXT,
  calls BIGINT,
  mean_exec_time_ms NUMERIC,
  total_exec_time_ms NUMERIC,
  row_count BIGINT,
  user_ids OID[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
BEGIN
  IF monitoring.statement_statistics_obstacle() IS NOT NULL THEN
    RETURN;
  END IF;
  RETURN QUERY EXECUTE (
    SELECT format(
        $sql$
        SELECT s.queryid::text,
               min(s.query),
               sum(s.calls)::bigint,
               (sum(s.total_exec_time) / sum(s.calls))::numeric,
               sum(s.total_exec_time)::numeric,
               sum(s.rows)::bigint,
               array_agg(DISTINCT s.userid)
          FROM %I.pg_stat_statements(true) s
         WHERE s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           AND s.queryid IS NOT NULL
           AND s.calls > 0
         GROUP BY s.queryid
        HAVING sum(s.total_exec_time) / sum(s.calls) >= $1
           AND min(s.query) IS NOT NULL
         ORDER BY 4 DESC
        $sql$,
        n.nspname)
      FROM pg_extension e
      JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'pg_stat_statements')
    USING p_min_mean_ms;
END;
$$;
