ALTER TABLE agents.state
  DROP COLUMN actor,
  DROP COLUMN correlation_id;
