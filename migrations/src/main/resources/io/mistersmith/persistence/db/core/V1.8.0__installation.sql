-- kind: schema
-- depends-on: 1.0.0
-- The identity of this installation. Each NATS bucket bears it, so that a database is never filled
-- from a bucket that belongs to another one. A restore, a point-in-time recovery and a promoted
-- replica keep it. A copy that will run beside the original needs one of its own: run
-- SELECT agents.new_installation() in the copy before a runtime opens it.

CREATE TABLE agents.installation (
  only_row BOOLEAN NOT NULL DEFAULT TRUE,
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  since TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT installation_pkey PRIMARY KEY (only_row),
  CONSTRAINT one_installation CHECK (only_row)
);

INSERT INTO agents.installation DEFAULT VALUES;

-- Gives this database another identity, and returns it. Runtimes that are open on it are refused
-- from then on.
CREATE FUNCTION agents.new_installation()
RETURNS UUID
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  INSERT INTO agents.installation AS present DEFAULT VALUES
  ON CONFLICT (only_row) DO UPDATE SET id = EXCLUDED.id, since = EXCLUDED.since
  RETURNING present.id;
$$;
