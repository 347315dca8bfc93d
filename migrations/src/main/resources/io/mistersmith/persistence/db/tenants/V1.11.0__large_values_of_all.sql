-- kind: schema
-- depends-on: 1.10.0, core 8.5.0
-- lint: allow several-exclusive-locks — the set is applied while nobody writes, as its first script says
-- The contents of large values name no tenant, and their ids cannot be guessed. Only the runtime
-- reads and writes them; an application reads them through it, by the keys of its tenant.
--
-- A role that does not see the entries of all tenants, the owner of the tables for one, would take
-- their contents for unnamed and remove them. So it sees no contents.

GRANT SELECT, INSERT, UPDATE, DELETE
  ON agents.large_values, agents.value_chunks, agents.large_value_names
  TO app_flusher;

ALTER TABLE agents.large_values ENABLE ROW LEVEL SECURITY;

ALTER TABLE agents.large_values FORCE ROW LEVEL SECURITY;

CREATE POLICY flusher_spans_tenants ON agents.large_values TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

ALTER TABLE agents.value_chunks ENABLE ROW LEVEL SECURITY;

ALTER TABLE agents.value_chunks FORCE ROW LEVEL SECURITY;

CREATE POLICY flusher_spans_tenants ON agents.value_chunks TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);

ALTER TABLE agents.large_value_names ENABLE ROW LEVEL SECURITY;

ALTER TABLE agents.large_value_names FORCE ROW LEVEL SECURITY;

CREATE POLICY flusher_spans_tenants ON agents.large_value_names TO app_flusher
  USING (TRUE)
  WITH CHECK (TRUE);
