DROP FUNCTION agents.tenant_gaps();
