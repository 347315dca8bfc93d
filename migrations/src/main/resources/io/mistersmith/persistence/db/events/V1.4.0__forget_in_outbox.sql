-- kind: function
-- depends-on: 1.3.0
-- Empties the changes of an agent's state and of its tasks, up to p_until and at most p_limit of them,
-- and returns how many. That something changed stays: kind, key, revision and time. It leaves dead rows
-- until the segment is truncated; it is called seldom.
--
-- Beside the set tenants it empties changes of the tenant that the session names, unless the login is
-- a member of app_flusher.

CREATE FUNCTION events.forget(
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
  v_tenant CONSTANT UUID := nullif(current_setting('app.current_tenant_id', TRUE), '')::UUID;
  v_spans_tenants CONSTANT BOOLEAN :=
    coalesce(pg_has_role(session_user, to_regrole('app_flusher'), 'MEMBER'), FALSE);
  v_emptied INTEGER;
BEGIN
  WITH found AS (
    SELECT o.event_id, o.segment
      FROM events.outbox AS o
     WHERE o.at <= p_until
       AND (o.tenant_id IS NULL OR o.tenant_id = v_tenant OR v_spans_tenants)
       AND (
         (
           o.subject_id = p_agent
           AND (o.old_value IS NOT NULL OR o.new_value <> 'null' OR o.new_document IS NOT NULL)
         )
         OR (o.subject_id = ANY (p_tasks) AND o.payload::JSONB -> 'metadata' <> '{}')
       )
     LIMIT p_limit
  )
  UPDATE events.outbox AS o
     SET old_value = NULL,
         old_document = NULL,
         new_value = CASE WHEN o.new_value IS NOT NULL THEN 'null'::JSONB END,
         new_document = NULL,
         payload = CASE
           WHEN o.payload IS NOT NULL THEN (o.payload::JSONB || '{"metadata": {}}')::TEXT
         END
    FROM found AS f
   WHERE o.event_id = f.event_id AND o.segment = f.segment;
  GET DIAGNOSTICS v_emptied = ROW_COUNT;
  RETURN v_emptied;
END;
$$;

REVOKE ALL ON FUNCTION events.forget(UUID, UUID[], TIMESTAMPTZ, INTEGER) FROM PUBLIC;

-- The runtime of the set tenants.
DO $$
BEGIN
  IF EXISTS (
    SELECT
      FROM pg_catalog.pg_proc AS p
     WHERE p.pronamespace = pg_catalog.to_regnamespace('agents') AND p.proname = 'isolate_table'
  ) THEN
    GRANT EXECUTE ON FUNCTION events.forget(UUID, UUID[], TIMESTAMPTZ, INTEGER) TO app_flusher;
  END IF;
END;
$$;
