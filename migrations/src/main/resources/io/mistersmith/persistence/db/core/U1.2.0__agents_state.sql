DROP TABLE agents.state;
DROP FUNCTION agents.saved_document(TEXT, JSONB);
DROP FUNCTION agents.owner_id(TEXT);
