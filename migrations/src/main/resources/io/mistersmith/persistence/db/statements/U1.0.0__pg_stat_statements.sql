-- An extension of somebody else, in another schema, stays.

DO $$
BEGIN
  IF EXISTS (
    SELECT
      FROM pg_catalog.pg_extension e
     WHERE e.extname = 'pg_stat_statements'
       AND e.extnamespace = 'monitoring'::pg_catalog.regnamespace)
  THEN
    DROP EXTENSION pg_stat_statements;
  END IF;
END
$$;
