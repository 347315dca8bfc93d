DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'app_flusher') THEN
    PERFORM events.forbid_relay('app_flusher');
  END IF;
END;
$$;

DROP FUNCTION events.forbid_relay(NAME);

DROP FUNCTION events.allow_relay(NAME);

DROP FUNCTION events.rotate(BIGINT);

DROP FUNCTION events.backlog();

DROP FUNCTION events.finish_batch(BIGINT, JSONB);

DROP FUNCTION events.read_batch(BIGINT, BIGINT, INTEGER, BIGINT, INTEGER);

DROP FUNCTION events.next_batch();

DROP FUNCTION events.adopt();

DROP FUNCTION events.require_read_committed();

DROP FUNCTION events.first_id(events.ticks, PG_SNAPSHOT);

DROP FUNCTION events.done_tick();

DROP FUNCTION events.tick_segment(BIGINT);
