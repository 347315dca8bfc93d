ALTER TABLE agents.state DROP CONSTRAINT state_of_registered_agent;
