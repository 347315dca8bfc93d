ALTER TABLE agents.dead_letters
  DROP COLUMN hybrid_time,
  DROP COLUMN vector_clock;
