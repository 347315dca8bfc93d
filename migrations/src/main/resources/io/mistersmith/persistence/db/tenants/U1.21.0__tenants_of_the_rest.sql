DROP POLICY tenant_reads ON agents.value_chunks;

DROP POLICY tenant_reads ON agents.large_values;

DROP POLICY tenant_writes ON agents.value_chunks;

DROP POLICY tenant_writes ON agents.large_values;

ALTER TABLE agents.value_chunks DROP COLUMN written_for;

ALTER TABLE agents.large_values DROP COLUMN written_for;

DROP POLICY tenant_isolation ON agents.large_value_names;

DROP TRIGGER take_tenant ON agents.large_value_names;

ALTER TABLE agents.large_value_names DROP COLUMN tenant_id;

SELECT agents.join_table('messages.handled');

SELECT agents.join_table('agents.committed_transactions');

SELECT agents.join_table('agents.dead_letters');

DROP FUNCTION agents.take_tenant_of_letter();

GRANT SELECT, INSERT, DELETE ON messages.handled, agents.committed_transactions TO app_flusher;

GRANT SELECT, INSERT, UPDATE, DELETE ON agents.dead_letters TO app_flusher;
