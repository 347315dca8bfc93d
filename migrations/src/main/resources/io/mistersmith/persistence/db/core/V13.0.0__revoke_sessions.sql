-- kind: schema
-- depends-on: 5.0.0
-- lint: allow index-not-concurrent — sessions are few: 100,000 of them take a tenth of a second
-- lint: allow index-drop-not-concurrent — dropping them takes milliseconds
-- Sessions that are revoked in every process, and lists of a user's or an agent's sessions.
--
-- session_token is the SHA-256 of the token, in hexadecimal digits: the token itself is nowhere. The
-- copies of sessions in KV follow these rows. unpublished marks a row that KV may contradict: until
-- some process has told KV, which any of them does. version grows with each change, so that no copy
-- of an older one takes the place of a newer one.
--
-- A revoked session keeps its row for a while, so that KV can be told again. One whose agent is
-- deleted is revoked, and has no agent any more.

ALTER TABLE sessions.active
  ADD COLUMN time_to_live INTERVAL NOT NULL DEFAULT '1 hour',
  ADD COLUMN version BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN unpublished BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN revoked_at TIMESTAMPTZ;

CREATE INDEX idx_sessions_active_unpublished ON sessions.active (session_id) WHERE unpublished;

CREATE INDEX idx_sessions_active_revoked ON sessions.active (revoked_at)
  WHERE revoked_at IS NOT NULL;

-- Of a user and of an agent, the latest first.
CREATE INDEX idx_sessions_active_user_latest
  ON sessions.active (user_id, created_at DESC, session_id DESC) WHERE user_id IS NOT NULL;

CREATE INDEX idx_sessions_active_agent_latest
  ON sessions.active (agent_id, created_at DESC, session_id DESC) WHERE agent_id IS NOT NULL;

-- The new ones serve what these did; nothing reads the one of the last activity, which every use of
-- a session has to write.
DROP INDEX sessions.idx_sessions_active_user;
DROP INDEX sessions.idx_sessions_active_agent;
DROP INDEX sessions.idx_sessions_active_activity;

-- With its owner's rights: who deletes agents may have none on sessions.
CREATE FUNCTION sessions.revoke_of_agent()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE sessions.active AS a
     SET revoked_at = coalesce(a.revoked_at, clock_timestamp()),
         unpublished = TRUE,
         version = a.version + 1,
         agent_id = NULL
   WHERE a.agent_id = OLD.agent_id;
  RETURN OLD;
END;
$$;

-- Before the foreign key deletes them: copies in KV would go on.
CREATE TRIGGER revoke_sessions
  BEFORE DELETE ON agents.registry
  FOR EACH ROW EXECUTE FUNCTION sessions.revoke_of_agent();
