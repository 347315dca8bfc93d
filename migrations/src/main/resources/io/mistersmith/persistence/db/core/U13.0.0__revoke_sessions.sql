-- lint: allow index-not-concurrent — sessions are few: 100,000 of them take a tenth of a second
-- Sessions that were revoked would be valid again.
DELETE FROM sessions.active WHERE revoked_at IS NOT NULL;

DROP TRIGGER revoke_sessions ON agents.registry;
DROP FUNCTION sessions.revoke_of_agent();

CREATE INDEX idx_sessions_active_agent ON sessions.active (agent_id) WHERE agent_id IS NOT NULL;

CREATE INDEX idx_sessions_active_user ON sessions.active (user_id) WHERE user_id IS NOT NULL;

CREATE INDEX idx_sessions_active_activity ON sessions.active (last_activity);

DROP INDEX sessions.idx_sessions_active_agent_latest;
DROP INDEX sessions.idx_sessions_active_user_latest;
DROP INDEX sessions.idx_sessions_active_revoked;
DROP INDEX sessions.idx_sessions_active_unpublished;

ALTER TABLE sessions.active
  DROP COLUMN revoked_at,
  DROP COLUMN unpublished,
  DROP COLUMN version,
  DROP COLUMN time_to_live;
