-- kind: schema
-- depends-on: 1.8.0, core 8.0.0
-- The runtime notes the correlation ids of committed transactions, and deletes old ones. They name
-- no tenant: choose ids that cannot be guessed.

GRANT SELECT, INSERT, DELETE ON agents.committed_transactions TO app_flusher;
