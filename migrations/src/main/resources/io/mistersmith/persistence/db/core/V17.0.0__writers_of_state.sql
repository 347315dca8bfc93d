-- kind: schema
-- depends-on: 16.1.0
-- The actor that wrote an entry and the id of the request that the write belongs to, as the
-- application named them. They came with the entry, so they say who wrote it, whichever process
-- flushed it. NULL where the writer named nobody.

ALTER TABLE agents.state
  ADD COLUMN actor TEXT,
  ADD COLUMN correlation_id TEXT;
