-- The roles stay: they belong to the whole cluster, may be in use in its other databases, and can
-- do nothing here without the grants.
REVOKE USAGE ON SCHEMA agents FROM app_tenant, app_flusher, app_readonly, app_masked;
DROP FUNCTION agents.refuse_other_tenant();
DROP FUNCTION agents.take_tenant_of_agent();
DROP FUNCTION agents.tenant_of_session();
DROP FUNCTION agents.use_tenant(UUID);
DROP FUNCTION agents.current_tenant_id();
