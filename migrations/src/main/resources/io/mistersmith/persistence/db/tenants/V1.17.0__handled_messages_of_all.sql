-- kind: schema
-- depends-on: 1.8.0, core 15.0.0
-- The runtime notes the messages of streams that consumers have handled, and deletes old notes. They
-- name no tenant: a message has the same id for all of them.

GRANT SELECT, INSERT, DELETE ON messages.handled TO app_flusher;
