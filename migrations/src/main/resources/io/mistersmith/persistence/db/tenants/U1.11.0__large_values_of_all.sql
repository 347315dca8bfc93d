DROP POLICY flusher_spans_tenants ON agents.large_value_names;

ALTER TABLE agents.large_value_names NO FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.large_value_names DISABLE ROW LEVEL SECURITY;

DROP POLICY flusher_spans_tenants ON agents.value_chunks;

ALTER TABLE agents.value_chunks NO FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.value_chunks DISABLE ROW LEVEL SECURITY;

DROP POLICY flusher_spans_tenants ON agents.large_values;

ALTER TABLE agents.large_values NO FORCE ROW LEVEL SECURITY;

ALTER TABLE agents.large_values DISABLE ROW LEVEL SECURITY;

REVOKE SELECT, INSERT, UPDATE, DELETE
  ON agents.large_values, agents.value_chunks, agents.large_value_names
  FROM app_flusher;
