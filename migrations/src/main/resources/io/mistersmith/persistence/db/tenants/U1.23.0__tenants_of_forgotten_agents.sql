DO $$
BEGIN
  IF pg_catalog.to_regprocedure('events.forget(uuid, uuid[], timestamptz, integer)') IS NOT NULL THEN
    REVOKE EXECUTE ON FUNCTION events.forget(UUID, UUID[], TIMESTAMPTZ, INTEGER) FROM app_flusher;
  END IF;
END;
$$;

SELECT agents.join_table('agents.forgotten');
