-- kind: schema
-- depends-on: 1.1.0, core 6.2.0
-- The flusher samples the journals' positions, which belong to no tenant.

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.journal_samples TO app_flusher;
