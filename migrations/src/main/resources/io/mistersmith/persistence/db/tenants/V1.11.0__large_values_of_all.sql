-- kind: schema
-- depends-on: 1.10.0, core 8.5.0
-- The contents of large values name no tenant, and their ids cannot be guessed. Only the runtime
-- reads and writes them; an application reads them through it, by the keys of its tenant.

GRANT SELECT, INSERT, UPDATE, DELETE
  ON agents.large_values, agents.value_chunks, agents.large_value_names
  TO app_flusher;
