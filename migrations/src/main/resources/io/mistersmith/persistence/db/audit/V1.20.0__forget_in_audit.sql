-- kind: function
-- depends-on: 1.6.0
-- Takes the values of an agent out of the log. That something changed stays, with its time, its actor,
-- the key of the row and the names of the columns.

-- The same members, each with a mark in place of its value.
CREATE FUNCTION audit.without_values(p_values JSONB)
RETURNS JSONB
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog
AS $$
  SELECT coalesce(jsonb_object_agg(v.key, '***FORGOTTEN***'::TEXT), p_values)
    FROM jsonb_each(p_values) AS v
$$;

-- Of the changes up to p_until of rows whose key has the agent or one of the tasks, at most p_limit;
-- returns how many. Reads the whole log: no index has the keys.
CREATE FUNCTION audit.forget(
  p_agent UUID,
  p_tasks UUID[],
  p_until TIMESTAMPTZ,
  p_limit INTEGER
)
RETURNS INTEGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_emptied INTEGER;
BEGIN
  WITH found AS (
    SELECT c.change_id, c.changed_at
      FROM audit.change_log AS c
     WHERE c.changed_at <= p_until
       AND (
         c.row_data ->> 'agent_id' = p_agent::TEXT
         OR c.row_data ->> 'task_id' = ANY (p_tasks::TEXT[])
       )
       AND (
         c.old_data IS DISTINCT FROM audit.without_values(c.old_data)
         OR c.new_data IS DISTINCT FROM audit.without_values(c.new_data)
         OR c.changed_fields IS DISTINCT FROM audit.without_values(c.changed_fields)
       )
     LIMIT p_limit
  )
  UPDATE audit.change_log AS c
     SET old_data = audit.without_values(c.old_data),
         new_data = audit.without_values(c.new_data),
         changed_fields = audit.without_values(c.changed_fields)
    FROM found AS f
   WHERE c.change_id = f.change_id AND c.changed_at = f.changed_at;
  GET DIAGNOSTICS v_emptied = ROW_COUNT;
  RETURN v_emptied;
END;
$$;

REVOKE ALL ON FUNCTION
  audit.without_values(JSONB),
  audit.forget(UUID, UUID[], TIMESTAMPTZ, INTEGER)
FROM PUBLIC;
