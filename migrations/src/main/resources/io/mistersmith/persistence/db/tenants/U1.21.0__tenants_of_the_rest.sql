-- lint: allow primary-key-without-index — it is taken back while nobody writes, as it was applied
-- lint: allow change-with-exclusive-lock — it is taken back while nobody writes, as it was applied

DROP POLICY tenant_reads ON agents.value_chunks;

DROP POLICY tenant_reads ON agents.large_values;

DROP POLICY tenant_writes ON agents.value_chunks;

DROP POLICY tenant_writes ON agents.large_values;

ALTER TABLE agents.value_chunks DROP COLUMN written_for;

ALTER TABLE agents.large_values DROP COLUMN written_for;

DROP POLICY tenant_isolation ON agents.large_value_names;

DROP TRIGGER take_tenant ON agents.large_value_names;

ALTER TABLE agents.large_value_names DROP COLUMN tenant_id;

-- Of notes that two tenants have of one id, either will do: they keep it from being used again.
ALTER TABLE messages.handled NO FORCE ROW LEVEL SECURITY;

DELETE FROM messages.handled AS h
 USING messages.handled AS o
 WHERE o.consumer = h.consumer AND o.message_id = h.message_id AND o.tenant_id < h.tenant_id;

ALTER TABLE messages.handled
  DROP CONSTRAINT handled_pkey,
  ADD CONSTRAINT handled_pkey PRIMARY KEY (consumer, message_id);

SELECT agents.join_table('messages.handled');

ALTER TABLE agents.committed_transactions NO FORCE ROW LEVEL SECURITY;

DELETE FROM agents.committed_transactions AS t
 USING agents.committed_transactions AS o
 WHERE o.correlation_id = t.correlation_id AND o.tenant_id < t.tenant_id;

ALTER TABLE agents.committed_transactions
  DROP CONSTRAINT committed_transactions_pkey,
  ADD CONSTRAINT committed_transactions_pkey PRIMARY KEY (correlation_id);

SELECT agents.join_table('agents.committed_transactions');

SELECT agents.join_table('agents.dead_letters');

DROP FUNCTION agents.take_tenant_of_letter();

GRANT SELECT, INSERT, DELETE ON messages.handled, agents.committed_transactions TO app_flusher;

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.dead_letters TO app_flusher;
