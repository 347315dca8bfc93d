DROP FUNCTION agents.role_gaps();
