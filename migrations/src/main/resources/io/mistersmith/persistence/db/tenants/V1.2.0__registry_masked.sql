-- kind: schema
-- The registry without its secrets, for those who may not see them.

-- Masks the values of keys that name a secret, at any depth; 'max_tokens' names none. The set
-- audit has a function of the same kind: neither set needs the other.
--
-- Works on the text of the document, where an unescaped quote followed by a colon ends a key and
-- nothing else: a walk by recursion would end at the stack's limit.
CREATE FUNCTION agents.mask_secrets(p_document JSONB)
RETURNS JSONB
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $$
DECLARE
  c_names CONSTANT TEXT := '(api[-_. ]?keys?|(access|private|secret|signing|encryption)[-_. ]?key'
    '|secrets?|passwords?|password[-_. ]?hash|passwd|passphrase|token|auth|authorization|bearer'
    '|cookie|credentials?|connection[-_. ]?string)';
  c_mask CONSTANT TEXT := '"***MASKED***"';
  v_text TEXT := p_document::text;
  v_hit RECORD;
BEGIN
  -- Objects and arrays, the outermost first.
  IF v_text ~* (c_names || '": [\[{]') THEN
    FOR v_hit IN
      SELECT to_json(h.pair ->> 'key')::text AS key, (h.pair -> 'value')::text AS value
        FROM jsonb_path_query(
               p_document,
               format(
                 'strict $.** ? (@.type() == "object").keyvalue()'
                   ' ? (@.key like_regex %s flag "i")'
                   ' ? (@.value.type() == "object" || @.value.type() == "array")',
                 to_json(c_names || '$')
               )::jsonpath
             ) AS h (pair)
       ORDER BY length((h.pair -> 'value')::text) DESC
    LOOP
      v_text := replace(v_text, v_hit.key || ': ' || v_hit.value, v_hit.key || ': ' || c_mask);
    END LOOP;
  END IF;
  RETURN regexp_replace(
    v_text,
    c_names || '": (?!null)(?:"(?:[^"\\]|\\.)*"|[^][{}",\s]+)',
    '\1": ' || c_mask,
    'gi'
  )::jsonb;
END;
$$;

-- A view sees what its owner may see. This one's owner is subject to the policies, which go by the
-- tenant of the session that asks; not security_invoker, since its readers have no right to the
-- table. The barrier keeps a reader's own functions from looking at rows before they are filtered.
CREATE VIEW agents.registry_masked WITH (security_barrier) AS
SELECT
  agent_id,
  agent_type,
  agent_name,
  status,
  agents.mask_secrets(capabilities) AS capabilities,
  agents.mask_secrets(configuration) AS configuration,
  agents.mask_secrets(metadata) AS metadata,
  parent_agent_id,
  created_at,
  updated_at,
  last_heartbeat,
  tenant_id
FROM agents.registry;

GRANT SELECT ON agents.registry TO app_masked;

GRANT SELECT ON agents.registry_masked TO app_readonly, app_tenant;

-- To give a view away, one must belong to its new owner, who must be allowed to create in the
-- schema: both only for this moment.
DO $$
DECLARE
  -- From 16 on the creator of a role may grant it, but is not a member of it.
  v_member CONSTANT BOOLEAN := pg_catalog.pg_has_role(
    current_user,
    'app_masked',
    CASE WHEN pg_catalog.current_setting('server_version_num')::int < 160000
      THEN 'MEMBER' ELSE 'SET' END
  );
BEGIN
  IF NOT v_member THEN
    EXECUTE pg_catalog.format('GRANT app_masked TO %I', current_user);
  END IF;
  GRANT CREATE ON SCHEMA agents TO app_masked;
  ALTER VIEW agents.registry_masked OWNER TO app_masked;
  REVOKE CREATE ON SCHEMA agents FROM app_masked;
  IF NOT v_member THEN
    EXECUTE pg_catalog.format('REVOKE app_masked FROM %I', current_user);
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'agents.registry_masked cannot be given to app_masked: %', SQLERRM
      USING
        ERRCODE = '42501',
        HINT = pg_catalog.format('As an administrator: GRANT app_masked TO %I', current_user);
END;
$$;

REVOKE ALL ON agents.registry FROM app_readonly;
