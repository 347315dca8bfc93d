DROP TRIGGER audit_deleted ON agents.registry;

DROP TRIGGER audit_updated ON agents.registry;

DROP TRIGGER audit_inserted ON agents.registry;

CREATE TRIGGER audit_agents_registry
  AFTER INSERT OR UPDATE OR DELETE ON agents.registry
  FOR EACH ROW
  EXECUTE FUNCTION audit.log_changes('last_heartbeat', 'published_version');
