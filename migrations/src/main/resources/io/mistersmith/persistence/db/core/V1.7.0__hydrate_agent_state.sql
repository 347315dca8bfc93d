-- kind: function

-- Returns an agent's current state, last written first, without deleted and expired entries.
CREATE FUNCTION agents.hydrate_agent_state(p_agent_id UUID)
RETURNS TABLE (key TEXT, value JSONB, version BIGINT)
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $$
  SELECT s.state_key, s.state_value, s.version
    FROM agents.state AS s
   WHERE s.agent_id = p_agent_id
     AND s.deleted_at IS NULL
     AND (s.expires_at IS NULL OR s.expires_at > statement_timestamp())
   ORDER BY s.updated_at DESC, s.state_key
$$;
