DROP TRIGGER lock_messages ON agents.registry;
DROP FUNCTION messages.lock_messages_of_agent();
DROP TABLE messages.deliveries;
DROP FUNCTION messages.release_messages();
ALTER TABLE messages.log DROP COLUMN pending_deliveries;
DROP FUNCTION messages.subject_matches(TEXT, TEXT);
