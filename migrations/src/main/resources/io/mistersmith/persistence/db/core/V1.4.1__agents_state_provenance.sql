-- Where a version of an entry comes from, for those whose conflicts are resolved: when it was
-- written on the hybrid logical clock of its writer, and which writes its writer had seen. Both are
-- read by the library alone, which is why they are kept as the text that it travels as.

ALTER TABLE agents.state
  ADD COLUMN hybrid_time VARCHAR(160),
  ADD COLUMN vector_clock TEXT;
