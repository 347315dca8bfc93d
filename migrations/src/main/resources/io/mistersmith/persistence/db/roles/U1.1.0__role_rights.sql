SELECT agents.revoke_role_rights();

DROP FUNCTION agents.grant_role_rights();

DROP FUNCTION agents.revoke_role_rights();

DROP FUNCTION agents.role_schemas();

DROP FUNCTION agents.role_rights();
