DO $$
BEGIN
  IF pg_catalog.to_regprocedure('events.allow_relay(name)') IS NOT NULL THEN
    PERFORM events.forbid_relay('app_flusher');
  END IF;
END;
$$;
