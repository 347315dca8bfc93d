-- kind: schema
-- Audits agents.registry and agents.state.
--
-- Heartbeats and notes of what was published touch an agent's row every few seconds and say nothing
-- about who changed what, so they are not logged. They cannot hide a change: one that comes along
-- with any other column is logged with it.

CREATE TRIGGER audit_agents_registry
  AFTER INSERT OR UPDATE OR DELETE ON agents.registry
  FOR EACH ROW
  EXECUTE FUNCTION audit.log_changes('last_heartbeat', 'published_version');

CREATE TRIGGER audit_agents_registry_truncate
  AFTER TRUNCATE ON agents.registry
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state
  AFTER INSERT OR UPDATE OR DELETE ON agents.state
  FOR EACH ROW
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

-- A statement trigger is not passed on to partitions, and each can be emptied by itself.
CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_0
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_1
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_2
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_3
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_4
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_5
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_6
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_agents_state_truncate
  AFTER TRUNCATE ON agents.state_7
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();
