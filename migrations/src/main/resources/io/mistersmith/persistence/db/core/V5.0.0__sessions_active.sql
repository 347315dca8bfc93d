-- Sessions, until somebody removes those that have expired.
--
-- Not partitioned: a token is unique among all of them. And without a check that a session is
-- still valid now, which would refuse every change of one that is not, and a restored backup.
-- A session goes with its agent.
--
-- Left out: an index on (session_token), which active_session_token_key is; and one on
-- (last_activity) of unexpired sessions only, which would need a constant time.

CREATE SCHEMA IF NOT EXISTS sessions;

CREATE TABLE sessions.active (
  session_id UUID NOT NULL DEFAULT gen_random_uuid(),
  session_token VARCHAR(255) NOT NULL,
  agent_id agents.agent_id_type,
  user_id VARCHAR(255),
  session_type VARCHAR(50) NOT NULL DEFAULT 'interactive',
  session_data JSONB NOT NULL DEFAULT '{}',
  preferences JSONB NOT NULL DEFAULT '{}',
  ip_address INET,
  user_agent TEXT,
  permissions JSONB NOT NULL DEFAULT '{}',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  last_activity TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT active_pkey PRIMARY KEY (session_id),
  CONSTRAINT active_session_token_key UNIQUE (session_token),
  CONSTRAINT active_agent_id_fkey
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  CONSTRAINT valid_session_token CHECK (length(session_token) >= 32),
  CONSTRAINT valid_session_type
    CHECK (session_type IN ('interactive', 'api', 'system', 'background')),
  CONSTRAINT future_expiry CHECK (expires_at > created_at)
) WITH (
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 1000
);

CREATE INDEX idx_sessions_active_agent ON sessions.active (agent_id) WHERE agent_id IS NOT NULL;

CREATE INDEX idx_sessions_active_user ON sessions.active (user_id) WHERE user_id IS NOT NULL;

CREATE INDEX idx_sessions_active_activity ON sessions.active (last_activity);

CREATE INDEX idx_sessions_active_expires ON sessions.active (expires_at);

-- Removes up to p_limit sessions that have expired, the oldest first, and returns how many.
CREATE FUNCTION sessions.remove_expired(p_limit INTEGER DEFAULT 1000)
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_removed INTEGER;
BEGIN
  WITH expired AS (
    SELECT a.session_id
      FROM sessions.active AS a
     WHERE a.expires_at <= clock_timestamp()
     ORDER BY a.expires_at
     LIMIT p_limit
       FOR UPDATE SKIP LOCKED
  )
  DELETE FROM sessions.active AS a
   USING expired AS e
   WHERE a.session_id = e.session_id;
  GET DIAGNOSTICS v_removed = ROW_COUNT;
  RETURN v_removed;
END;
$$;
