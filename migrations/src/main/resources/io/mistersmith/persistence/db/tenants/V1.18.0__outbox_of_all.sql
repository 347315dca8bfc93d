-- kind: schema
-- depends-on: 1.14.0
-- The runtime passes the changes of all tenants on, where the set events is applied. Each row of the
-- outbox has the tenant of the row that was changed; tenants have no rights on it.

DO $$
BEGIN
  IF pg_catalog.to_regprocedure('events.allow_relay(name)') IS NOT NULL THEN
    PERFORM events.allow_relay('app_flusher');
  END IF;
END;
$$;
