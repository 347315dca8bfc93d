-- kind: schema
-- depends-on: 1.20.0, core 17.1.0
-- Who is forgotten belongs to the session's tenant, until any tenant's runtime goes on with it.

SELECT agents.isolate_table('agents.forgotten');

DO $$
BEGIN
  IF pg_catalog.to_regprocedure('events.forget(uuid, uuid[], timestamptz, integer)') IS NOT NULL THEN
    GRANT EXECUTE ON FUNCTION events.forget(UUID, UUID[], TIMESTAMPTZ, INTEGER) TO app_flusher;
  END IF;
END;
$$;
