-- Where a refused entry comes from, as in agents.state: a replayed entry has seen what it had seen
-- when it was written, or the next conflict would be decided as if nobody knew.

ALTER TABLE agents.dead_letters
  ADD COLUMN hybrid_time VARCHAR(160),
  ADD COLUMN vector_clock TEXT;
