-- kind: schema
-- Audits agents.registry once for each statement.

DROP TRIGGER audit_agents_registry ON agents.registry;

CREATE TRIGGER audit_inserted
  AFTER INSERT ON agents.registry
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_statement();

CREATE TRIGGER audit_updated
  AFTER UPDATE ON agents.registry
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_statement('last_heartbeat', 'published_version');

CREATE TRIGGER audit_deleted
  AFTER DELETE ON agents.registry
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_statement();
