REVOKE SELECT, INSERT, UPDATE, DELETE
  ON agents.large_values, agents.value_chunks, agents.large_value_names
  FROM app_flusher;
