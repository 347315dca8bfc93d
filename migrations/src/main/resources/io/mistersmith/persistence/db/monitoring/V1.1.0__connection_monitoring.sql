-- kind: function
-- The connections, and whether there is room for more.

-- The sessions of clients. To a role without pg_read_all_stats the sessions of others are hidden:
-- their kind and state are null, and all that tells them from the server's own processes is that
-- they have a user.
CREATE VIEW monitoring.client_sessions AS
SELECT
  a.pid,
  a.datname,
  a.usename,
  a.application_name,
  a.client_addr,
  a.client_hostname,
  a.backend_start,
  a.xact_start,
  a.state,
  a.backend_type IS NULL AS hidden
FROM pg_catalog.pg_stat_activity a
WHERE a.backend_type = 'client backend'
  OR (a.backend_type IS NULL AND a.usesysid IS NOT NULL);

CREATE VIEW monitoring.connection_stats AS
SELECT
  s.datname AS database_name,
  s.usename AS username,
  s.application_name,
  s.client_addr,
  s.client_hostname,
  s.state,
  count(*) AS connection_count,
  min(s.backend_start) AS oldest_connection,
  max(s.backend_start) AS newest_connection,
  avg(EXTRACT(epoch FROM (clock_timestamp() - s.backend_start))) AS avg_connection_age_seconds
FROM monitoring.client_sessions s
WHERE s.datname = current_database()
GROUP BY
  s.datname, s.usename, s.application_name, s.client_addr, s.client_hostname, s.state
ORDER BY count(*) DESC;

-- The share of max_connections that clients of all databases hold together: they share it.
CREATE FUNCTION monitoring.connection_usage_percent()
RETURNS NUMERIC
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT 100.0 * count(*) / current_setting('max_connections')::integer
    FROM monitoring.client_sessions;
$$;

-- One row about this database's connections; the health is that of the whole server, whose
-- max_connections all databases share. A handful of sessions says nothing about a ratio: the
-- session that asks is active itself.
CREATE FUNCTION monitoring.check_connection_pool_health()
RETURNS TABLE (
  pool_name TEXT,
  total_connections INTEGER,
  active_connections INTEGER,
  idle_connections INTEGER,
  idle_in_transaction INTEGER,
  max_connections INTEGER,
  health_status TEXT,
  recommendations TEXT[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_usage CONSTANT NUMERIC := monitoring.connection_usage_percent();
  v_hidden INTEGER;
BEGIN
  pool_name := 'application_pool';
  max_connections := current_setting('max_connections')::integer;
  recommendations := '{}';
  SELECT
      count(*),
      count(*) FILTER (WHERE s.state = 'active'),
      count(*) FILTER (WHERE s.state = 'idle'),
      count(*) FILTER (WHERE s.state LIKE 'idle in transaction%'),
      count(*) FILTER (WHERE s.hidden)
    INTO
      total_connections, active_connections, idle_connections, idle_in_transaction, v_hidden
    FROM monitoring.client_sessions s
   WHERE s.datname = current_database();

  health_status :=
    CASE WHEN v_usage > 90 THEN 'critical' WHEN v_usage > 80 THEN 'warning' ELSE 'healthy' END;
  IF v_usage > 80 THEN
    recommendations := recommendations || format(
      'Connection count approaching maximum: %s%% of max_connections are in use', round(v_usage));
  END IF;
  IF idle_in_transaction > 5 THEN
    recommendations := recommendations
      || 'High number of idle in transaction connections'::text;
  END IF;
  IF total_connections >= 10 AND active_connections > total_connections * 0.7 THEN
    recommendations := recommendations
      || 'High ratio of active connections - consider scaling'::text;
  END IF;
  IF v_hidden > 0 THEN
    recommendations := recommendations || format(
      'The state of %s connections is hidden from %s: grant it pg_read_all_stats',
      v_hidden, current_user);
  END IF;
  RETURN NEXT;
END;
$$;

-- No row while the usage is below the thresholds, or while the check is disabled.
CREATE FUNCTION monitoring.check_connection_pool_alerts()
RETURNS TABLE (
  alert_level TEXT,
  metric_name TEXT,
  current_value NUMERIC,
  threshold_value NUMERIC,
  message TEXT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_usage CONSTANT NUMERIC := monitoring.connection_usage_percent();
BEGIN
  RETURN QUERY
    SELECT
        CASE WHEN v_usage >= t.critical_threshold THEN 'CRITICAL' ELSE 'WARNING' END,
        t.metric_name::text,
        v_usage,
        CASE
          WHEN v_usage >= t.critical_threshold THEN t.critical_threshold
          ELSE t.warning_threshold
        END,
        format(
          'Connection pool usage at %s%% - %s',
          round(v_usage, 1),
          CASE
            WHEN v_usage >= t.critical_threshold THEN 'immediate action required'
            ELSE 'monitoring required'
          END)
      FROM monitoring.alert_thresholds t
     WHERE t.metric_name = 'connection_pool_usage_percent'
       AND t.enabled
       AND (v_usage >= t.warning_threshold OR v_usage >= t.critical_threshold);
END;
$$;
