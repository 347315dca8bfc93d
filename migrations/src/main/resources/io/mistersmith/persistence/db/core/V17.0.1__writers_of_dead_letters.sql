-- kind: schema
-- As in agents.state, so that a replayed entry has the writer that it had when it was refused.

ALTER TABLE agents.dead_letters
  ADD COLUMN actor TEXT,
  ADD COLUMN correlation_id TEXT;
