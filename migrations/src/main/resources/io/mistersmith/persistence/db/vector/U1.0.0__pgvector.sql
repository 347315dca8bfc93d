-- An extension that was there before stays.

DO $$
BEGIN
  IF EXISTS (
    SELECT
      FROM pg_catalog.pg_extension e
     WHERE e.extname = 'vector'
       AND pg_catalog.obj_description(e.oid, 'pg_extension')
           = 'created by the migrations of the set vector'
  ) THEN
    DROP EXTENSION vector;
  END IF;
END;
$$;
