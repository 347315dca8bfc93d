-- Its schema's owner may drop the view, whose owner is another.
DROP VIEW agents.registry_masked;
REVOKE ALL ON agents.registry FROM app_masked;
DROP FUNCTION agents.mask_secrets(JSONB);
