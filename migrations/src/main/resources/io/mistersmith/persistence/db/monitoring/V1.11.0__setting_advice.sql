-- kind: function
-- Recommended settings of the server. They are advice: SQL cannot set them for all sessions, and a
-- server that other applications share may need other values.

-- One row a setting. The current value is what a new session of this role gets, not what the asking
-- session has set for itself. A recommendation without a unit is in the setting's own.
CREATE FUNCTION monitoring.setting_advice()
RETURNS TABLE (
  setting TEXT,
  current_value TEXT,
  recommended_value TEXT,
  reason TEXT,
  satisfied BOOLEAN
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH settings AS (
    SELECT
        s.name,
        s.reset_val AS value,
        s.reset_val || CASE
          WHEN s.unit IS NOT NULL AND s.reset_val NOT IN ('0', '-1') THEN ' ' || s.unit ELSE ''
        END AS shown,
        CASE WHEN s.vartype IN ('integer', 'real') THEN s.reset_val::numeric END AS number
      FROM pg_settings s
  ), advice (name, recommended, reason, lowest, highest) AS (
    -- Between lowest and highest a number is fine; 0 and -1, where they mean "off", lie outside.
    VALUES
      ('pg_stat_statements.max', '10000',
       'with fewer, rare slow statements are forgotten before anybody sees them', 10000, 2147483647),
      ('autovacuum_vacuum_scale_factor', '0.05',
       'state and queue rows change all the time; at 0.2 a fifth of a table is dead first', 0, 0.05),
      ('autovacuum_analyze_scale_factor', '0.05',
       'plans are made for tables as they were when they were last analyzed', 0, 0.05),
      ('statement_timeout', '5min',
       'a statement that nobody waits for any more should not hold its locks', 1, 300000),
      ('lock_timeout', '10s',
       'who waits for a lock makes everybody behind wait too', 1, 10000),
      ('idle_in_transaction_session_timeout', '1h',
       'a forgotten transaction keeps its locks and holds back vacuum', 1, 3600000)
  )
  -- The list of libraries is hidden from most roles; that the library is loaded shows in that its
  -- settings exist.
  SELECT 'shared_preload_libraries', coalesce(s.value, 'hidden'), 'pg_stat_statements',
         'without it there are no statistics of statements; needs a restart',
         EXISTS (SELECT FROM settings l WHERE l.name = 'pg_stat_statements.max')
    FROM (SELECT 'shared_preload_libraries') n (name)
    LEFT JOIN settings s USING (name)
  UNION ALL
  SELECT 'pg_stat_statements.track', s.value, 'all',
         'statements inside functions count too', coalesce(s.value = 'all', FALSE)
    FROM (SELECT 'pg_stat_statements.track') n (name)
    LEFT JOIN settings s USING (name)
  UNION ALL
  -- By itself the cost limit of autovacuum is -1 and means that of vacuum.
  SELECT 'autovacuum_vacuum_cost_limit', a.value, '1000',
         'autovacuum must keep up with tables of high churn',
         CASE WHEN a.number < 0 THEN v.number ELSE a.number END >= 1000
    FROM settings a, settings v
   WHERE a.name = 'autovacuum_vacuum_cost_limit' AND v.name = 'vacuum_cost_limit'
  UNION ALL
  SELECT a.name, s.shown, a.recommended, a.reason,
         coalesce(s.number BETWEEN a.lowest AND a.highest, FALSE)
    FROM advice a
    LEFT JOIN settings s USING (name)
  UNION ALL
  SELECT format('connection limit of role %I', r.rolname), 'none',
         'fewer than max_connections, such as 20 for the main service',
         'one service that leaks connections should not lock out the others',
         FALSE
    FROM pg_roles r
   WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT r.rolreplication AND r.rolconnlimit = -1
     AND r.rolname !~ '^pg_'
   ORDER BY 1;
$$;
