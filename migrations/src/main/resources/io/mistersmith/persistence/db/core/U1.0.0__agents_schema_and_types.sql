DROP FUNCTION agents.touch_updated_at();
DROP FUNCTION agents.default_agent_metadata();
DROP FUNCTION agents.validate_agent_metadata(JSONB);
DROP TYPE agents.agent_status_type;
DROP DOMAIN agents.agent_id_type;
DROP SCHEMA agents;
