ALTER TABLE agents.state
  DROP COLUMN hybrid_time,
  DROP COLUMN vector_clock;
