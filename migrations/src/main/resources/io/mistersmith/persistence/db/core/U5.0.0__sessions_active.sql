DROP FUNCTION sessions.remove_expired(INTEGER);
DROP TABLE sessions.active;
DROP SCHEMA sessions;
