DROP FUNCTION agents.hydrate_agent_state(UUID);
