DROP TRIGGER forget_state_document ON agents.state;
DROP FUNCTION agents.forget_state_document();
ALTER TABLE agents.state DROP COLUMN state_document;
