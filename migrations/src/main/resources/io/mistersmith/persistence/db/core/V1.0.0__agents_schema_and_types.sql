-- The agents schema, and the types and functions that its tables share.
-- The types live in the schema, not in public, where only its owner may create.

CREATE SCHEMA IF NOT EXISTS agents;

-- Without CHECK (VALUE IS NOT NULL): a nullable column of the domain, such as a root agent's
-- parent, could hold nothing. Each column says for itself whether it may be null.
CREATE DOMAIN agents.agent_id_type AS UUID;

CREATE TYPE agents.agent_status_type AS ENUM (
  'initializing',
  'active',
  'idle',
  'suspended',
  'terminated',
  'error'
);

-- Metadata that is given must say when it was made, in ISO 8601, and in which version.
CREATE FUNCTION agents.validate_agent_metadata(metadata JSONB)
RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN metadata IS NULL
  OR (
    jsonb_typeof(metadata) = 'object'
    AND metadata ? 'version'
    AND coalesce(metadata ->> 'created_at', '') ~ '^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}'
  );

-- The metadata of an agent that is registered without any.
CREATE FUNCTION agents.default_agent_metadata()
RETURNS JSONB
LANGUAGE sql STABLE PARALLEL SAFE
RETURN jsonb_build_object(
  'created_at',
  to_char(statement_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
  'version',
  1
);

-- Sets updated_at on every update that does not set it itself.
CREATE FUNCTION agents.touch_updated_at()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
    NEW.updated_at := clock_timestamp();
  END IF;
  RETURN NEW;
END;
$$;
