ALTER TABLE agents.dead_letters
  DROP COLUMN actor,
  DROP COLUMN correlation_id;
