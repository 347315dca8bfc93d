-- depends-on: core 6.1.0
-- The extension pgvector, 0.8 or later: before that a search for one model's embeddings looks at
-- the nearest ones of all models and may find none. An extension that is there already is used
-- where it is; one that is created here goes to public, and is dropped with this version.

DO $$
DECLARE
  v_version TEXT;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'vector') THEN
    IF NOT EXISTS (
      SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'vector'
    ) THEN
      RAISE EXCEPTION 'pgvector is not installed on this server'
        USING
          ERRCODE = 'feature_not_supported',
          HINT = 'Install the package postgresql-<major version>-pgvector on the server, or leave'
            ' the set vector out: the search works without it, by an exact scan.';
    END IF;
    BEGIN
      CREATE EXTENSION vector SCHEMA public;
      COMMENT ON EXTENSION vector IS 'created by the migrations of the set vector';
    EXCEPTION
      WHEN insufficient_privilege THEN
        RAISE EXCEPTION '% may not create the extension pgvector', current_user
          USING
            ERRCODE = 'insufficient_privilege',
            HINT = 'As a superuser, in this database: CREATE EXTENSION vector; then apply again.';
    END;
  END IF;
  SELECT extversion INTO v_version FROM pg_catalog.pg_extension WHERE extname = 'vector';
  IF (pg_catalog.string_to_array(v_version, '.'))[1:2]::INTEGER[] < ARRAY[0, 8] THEN
    RAISE EXCEPTION 'pgvector % is too old: 0.8 or later is needed', v_version
      USING
        ERRCODE = 'feature_not_supported',
        HINT = 'Install a newer one on the server, then: ALTER EXTENSION vector UPDATE.';
  END IF;
END;
$$;
