-- kind: function
-- Reads the outbox by the difference of two snapshots, and gives its space back.
--
-- A change belongs to a batch when its transaction is not visible in the snapshot of the tick before
-- and is visible in that of the batch's own tick. So every change is in one batch and no other,
-- whatever the order of the commits, and a transaction that stays open stops nothing.
--
-- A batch is looked for in a range of ids, which needs no index on xid. The lower end of the range
-- is read from the ticks: a transaction with a later xid than a tick's took all of its ids after it.

-- Where tick p_tick is kept.
CREATE FUNCTION events.tick_segment(p_tick BIGINT)
RETURNS SMALLINT
LANGUAGE sql IMMUTABLE
AS $$
  SELECT ((p_tick >> 11) & 3)::SMALLINT
$$;

-- The last tick whose batch is done.
CREATE FUNCTION events.done_tick()
RETURNS events.ticks
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
SET enable_seqscan = off
AS $$
DECLARE
  v_done events.ticks;
BEGIN
  SELECT t.*
    INTO STRICT v_done
    FROM events.ticks AS t
   WHERE t.tick = (SELECT p.tick FROM events.positions AS p ORDER BY p.tick DESC LIMIT 1);
  RETURN v_done;
END;
$$;

-- An id below all those of transactions that are not visible in the snapshot of the tick p_after and
-- are visible in p_snapshot. Transactions that were open in it for long are found by the tick before
-- their beginning.
CREATE FUNCTION events.first_id(p_after events.ticks, p_snapshot PG_SNAPSHOT)
RETURNS BIGINT
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
SET enable_seqscan = off
AS $$
DECLARE
  -- One that had begun may have an xid that the snapshot does not know yet.
  v_oldest XID8 := pg_snapshot_xmax(p_after.snapshot);
  v_open XID8;
  v_first BIGINT;
BEGIN
  SELECT x.xid
    INTO v_open
    FROM pg_snapshot_xip(p_after.snapshot) AS x (xid)
   WHERE pg_visible_in_snapshot(x.xid, p_snapshot)
   ORDER BY x.xid
   LIMIT 1;
  IF v_open < v_oldest THEN
    v_oldest := v_open;
  END IF;
  SELECT t.before_id
    INTO v_first
    FROM events.ticks AS t
   WHERE t.xid < v_oldest
   ORDER BY t.xid DESC
   LIMIT 1;
  RETURN coalesce(v_first, p_after.low_id);
END;
$$;

-- Fails in a transaction whose statements do not each see what was committed before them.
CREATE FUNCTION events.require_read_committed()
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
    RAISE EXCEPTION 'the outbox is not read in a transaction that is %',
      current_setting('transaction_isolation')
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
END;
$$;

-- After a restore of a dump, or any other move to a server with other transaction numbers, writes
-- what is not done again as if it were of the present transaction, and begins with no snapshot.
CREATE FUNCTION events.adopt()
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_done events.ticks;
  v_next BIGINT;
BEGIN
  LOCK TABLE events.outbox, events.ticks, events.positions IN ACCESS EXCLUSIVE MODE;
  v_done := events.done_tick();
  IF v_done.server IS NOT DISTINCT FROM events.server() THEN
    RETURN;
  END IF;
  WITH gone AS (
    DELETE FROM events.outbox RETURNING *
  )
  INSERT INTO events.outbox
         (event_id, segment, xid, at, kind, subject_id, tenant_id, epoch, version, owner, state_key,
          old_value, old_document, new_value, new_document, payload)
  SELECT g.event_id, g.segment, pg_current_xact_id(), g.at, g.kind, g.subject_id, g.tenant_id,
         g.epoch, g.version, g.owner, g.state_key, g.old_value, g.old_document, g.new_value,
         g.new_document, g.payload
    FROM gone AS g
   WHERE g.event_id > v_done.last_id OR NOT pg_visible_in_snapshot(g.xid, v_done.snapshot);
  v_next := v_done.tick + 1;
  DELETE FROM events.ticks;
  INSERT INTO events.ticks
         (tick, segment, xid, snapshot, before_id, low_id, first_id, last_id, server)
  VALUES (v_next, events.tick_segment(v_next), '1', '1:1:', 0, 0, 0, 0, events.server());
  INSERT INTO events.positions (tick, segment, sequences)
  SELECT v_next, events.tick_segment(v_next), p.sequences
    FROM events.positions AS p
   WHERE p.tick = v_done.tick;
END;
$$;

-- Returns the batch after the position, and makes it if something was committed since; else nothing.
CREATE FUNCTION events.next_batch()
RETURNS TABLE (tick BIGINT, at TIMESTAMPTZ)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
#variable_conflict use_column
DECLARE
  -- As many ids are soon read over again and again.
  c_far CONSTANT INTEGER := 1000;
  v_done events.ticks;
  v_next events.ticks;
BEGIN
  PERFORM events.require_read_committed();
  v_done := events.done_tick();
  RETURN QUERY SELECT t.tick, t.at FROM events.ticks AS t WHERE t.tick = v_done.tick + 1;
  IF FOUND THEN
    RETURN;
  END IF;
  IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
    RAISE EXCEPTION 'a batch of the outbox is made in a transaction that has written before'
      USING ERRCODE = 'invalid_transaction_state';
  END IF;
  IF v_done.server IS DISTINCT FROM events.server() THEN
    PERFORM events.adopt();
    RETURN;
  END IF;
  -- What is in the batch is published, so it must not be lost in a crash.
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'on', TRUE);
  END IF;

  -- The order of these statements matters: the id, the snapshot, then the xid.
  SELECT CASE WHEN s.is_called THEN s.last_value ELSE 0 END
    INTO v_next.before_id
    FROM events.event_ids AS s;
  SELECT pg_current_snapshot() INTO v_next.snapshot;
  SELECT s.last_value INTO v_next.last_id FROM events.event_ids AS s;
  v_next.first_id := events.first_id(v_done, v_next.snapshot);
  IF v_next.last_id - v_next.first_id <= c_far AND NOT EXISTS (
    SELECT
      FROM events.outbox AS o
     WHERE o.event_id > v_next.first_id
       AND o.event_id <= v_next.last_id
       AND NOT pg_visible_in_snapshot(o.xid, v_done.snapshot)
       AND pg_visible_in_snapshot(o.xid, v_next.snapshot)
  ) THEN
    RETURN;
  END IF;
  SELECT coalesce(
           (SELECT t.before_id
              FROM events.ticks AS t
             WHERE t.xid < pg_snapshot_xmin(v_next.snapshot)
             ORDER BY t.xid DESC
             LIMIT 1),
           v_done.low_id
         )
    INTO v_next.low_id;

  INSERT INTO events.ticks
         (tick, segment, xid, snapshot, before_id, low_id, first_id, last_id, server)
  VALUES (v_done.tick + 1, events.tick_segment(v_done.tick + 1), pg_current_xact_id(),
          v_next.snapshot, v_next.before_id, v_next.low_id, v_next.first_id, v_next.last_id,
          v_done.server)
  ON CONFLICT DO NOTHING;
  RETURN QUERY SELECT t.tick, t.at FROM events.ticks AS t WHERE t.tick = v_done.tick + 1;
END;
$$;

-- Changes of a batch with ids above p_after, in the order of their ids: p_limit at most, or as many
-- as bring the sizes of the payloads to p_bytes. Payloads larger than p_largest are NULL.
CREATE FUNCTION events.read_batch(
  p_tick BIGINT,
  p_after BIGINT,
  p_limit INTEGER,
  p_bytes BIGINT,
  p_largest INTEGER
)
RETURNS TABLE (
  event_id BIGINT,
  xid XID8,
  at TIMESTAMPTZ,
  kind TEXT,
  subject_id UUID,
  tenant_id UUID,
  epoch BIGINT,
  version BIGINT,
  state_key TEXT,
  size INTEGER,
  payload TEXT
)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
  v_from events.ticks;
  v_to events.ticks;
  v_bytes BIGINT := 0;
BEGIN
  -- An old snapshot would not show all of the batch.
  PERFORM events.require_read_committed();
  SELECT t.* INTO v_from FROM events.ticks AS t WHERE t.tick = p_tick - 1;
  SELECT t.* INTO v_to FROM events.ticks AS t WHERE t.tick = p_tick;
  FOR event_id, xid, at, kind, subject_id, tenant_id, epoch, version, state_key, payload IN
    SELECT o.event_id, o.xid, o.at, o.kind, o.subject_id, o.tenant_id, o.epoch, o.version,
           o.state_key,
           coalesce(
             o.payload,
             -- By hand: json_build_object would parse each value again.
             concat(
               '{"operation":"', upper(substr(o.kind::TEXT, 7)),
               '","agent_id":"', o.subject_id,
               '","owner":', coalesce(to_json(o.owner)::TEXT, 'null'),
               ',"state_key":', to_json(o.state_key),
               ',"old_value":',
               coalesce(
                 agents.saved_document(o.old_document, o.old_value), o.old_value::TEXT, 'null'
               ),
               ',"new_value":',
               coalesce(
                 agents.saved_document(o.new_document, o.new_value), o.new_value::TEXT, 'null'
               ),
               ',"epoch":', o.epoch,
               ',"version":', o.version,
               ',"timestamp":', extract(EPOCH FROM o.at),
               '}'
             )
           )
      FROM events.outbox AS o
     WHERE o.event_id > greatest(v_to.first_id, p_after)
       AND o.event_id <= v_to.last_id
       AND NOT pg_visible_in_snapshot(o.xid, v_from.snapshot)
       AND pg_visible_in_snapshot(o.xid, v_to.snapshot)
     ORDER BY o.event_id
     LIMIT p_limit
  LOOP
    size := octet_length(payload);
    IF size > p_largest THEN
      payload := NULL;
    ELSE
      v_bytes := v_bytes + size;
    END IF;
    RETURN NEXT;
    EXIT WHEN v_bytes >= p_bytes;
  END LOOP;
END;
$$;

-- Moves the position to the end of a batch, unless that is not the next one any more. Returns whether
-- it did.
CREATE FUNCTION events.finish_batch(p_tick BIGINT, p_sequences JSONB)
RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO events.positions (tick, segment, sequences)
  SELECT t.tick, t.segment, p_sequences
    FROM events.ticks AS t
   WHERE t.tick = p_tick
     AND p_tick = 1 + (SELECT p.tick FROM events.positions AS p ORDER BY p.tick DESC LIMIT 1)
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END;
$$;

-- About how many committed changes are not done, which is never 0 when there is one; the space that
-- the outbox takes; and the age of the oldest such change.
CREATE FUNCTION events.backlog()
RETURNS TABLE (changes BIGINT, bytes BIGINT, lag INTERVAL)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
  c_counted CONSTANT INTEGER := 10000;
  v_done events.ticks := events.done_tick();
  v_first BIGINT := events.first_id(v_done, pg_current_snapshot());
  v_last BIGINT;
BEGIN
  SELECT count(*), clock_timestamp() - min(o.at), max(o.event_id)
    INTO changes, lag, v_last
    FROM (
           SELECT o.event_id, o.at
             FROM events.outbox AS o
            WHERE o.event_id > v_first AND NOT pg_visible_in_snapshot(o.xid, v_done.snapshot)
            ORDER BY o.event_id
            LIMIT c_counted
         ) AS o;
  IF changes = c_counted THEN
    SELECT changes + greatest(s.last_value - v_last, 0) INTO changes FROM events.event_ids AS s;
  END IF;
  SELECT sum(pg_total_relation_size(i.inhrelid))
    INTO bytes
    FROM pg_inherits AS i
   WHERE i.inhparent = 'events.outbox'::REGCLASS;
  RETURN NEXT;
END;
$$;

-- Truncates the segments of the outbox that are written to no more, once all in them is done, and
-- those of the ticks and positions that are behind. When the segment that is written to has grown, an
-- empty one takes its place. Returns how many segments were truncated.
--
-- Under the lock nobody has written to a segment who could still commit. Who read the number of the
-- segment before, and writes after it was truncated, writes to it all the same, and is found there:
-- batches are read from all segments. It gives up after 50 ms, since others queue up behind it.
CREATE FUNCTION events.rotate(p_segment_bytes BIGINT DEFAULT 16777216)
RETURNS INTEGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '50ms'
AS $$
DECLARE
  v_done events.ticks;
  v_turn INTEGER;
  v_empty INTEGER;
  v_part TEXT;
  v_waits BOOLEAN;
  v_truncated INTEGER := 0;
BEGIN
  PERFORM events.require_read_committed();
  IF NOT pg_try_advisory_xact_lock(hashtext('events.rotate')) THEN
    RETURN 0;
  END IF;
  v_done := events.done_tick();
  SELECT s.last_value & 3 INTO v_turn FROM events.segments AS s;
  FOR i IN 1 .. 3 LOOP
    v_part := format('events.outbox_%s', (v_turn + i) & 3);
    IF pg_relation_size(v_part::REGCLASS) = 0 THEN
      v_empty := coalesce(v_empty, (v_turn + i) & 3);
      CONTINUE;
    END IF;
    BEGIN
      -- Without the lock first, so that nobody waits for nothing.
      FOR k IN 1 .. 2 LOOP
        EXECUTE format(
          'SELECT EXISTS (SELECT FROM ONLY %s WHERE NOT pg_visible_in_snapshot(xid, $1))', v_part
        )
          INTO v_waits
          USING v_done.snapshot;
        EXIT WHEN v_waits;
        IF k = 1 THEN
          EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', v_part);
        ELSE
          EXECUTE format('TRUNCATE ONLY %s', v_part);
          v_truncated := v_truncated + 1;
        END IF;
      END LOOP;
    EXCEPTION
      WHEN lock_not_available THEN
        NULL;
    END;
  END LOOP;
  -- Only to one that was empty before: no writer has to wait for the end of this transaction.
  IF v_empty IS NOT NULL
    AND pg_table_size(format('events.outbox_%s', v_turn)::REGCLASS) >= p_segment_bytes
  THEN
    PERFORM setval('events.segments', v_empty);
  END IF;

  FOR i IN 0 .. 3 LOOP
    CONTINUE WHEN i IN (events.tick_segment(v_done.tick), events.tick_segment(v_done.tick + 2048))
      OR pg_relation_size(format('events.ticks_%s', i)::REGCLASS) = 0;
    BEGIN
      EXECUTE format(
        'LOCK TABLE ONLY events.ticks_%s, ONLY events.positions_%s IN ACCESS EXCLUSIVE MODE', i, i
      );
      -- Others may have gone on meanwhile.
      v_done := events.done_tick();
      IF i NOT IN (events.tick_segment(v_done.tick), events.tick_segment(v_done.tick + 2048)) THEN
        EXECUTE format('TRUNCATE ONLY events.ticks_%s, ONLY events.positions_%s', i, i);
        v_truncated := v_truncated + 1;
      END IF;
    EXCEPTION
      WHEN lock_not_available THEN
        NULL;
    END;
  END LOOP;
  RETURN v_truncated;
END;
$$;

-- Lets a role pass the changes on. Writers need no rights here.
CREATE FUNCTION events.allow_relay(p_role NAME)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA events TO %I', p_role);
  EXECUTE format('GRANT SELECT ON events.positions TO %I', p_role);
  EXECUTE format(
    'GRANT EXECUTE ON FUNCTION events.next_batch(),'
      ' events.read_batch(BIGINT, BIGINT, INTEGER, BIGINT, INTEGER),'
      ' events.finish_batch(BIGINT, JSONB), events.backlog(), events.rotate(BIGINT) TO %I',
    p_role
  );
END;
$$;

-- Takes allow_relay back.
CREATE FUNCTION events.forbid_relay(p_role NAME)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  EXECUTE format('REVOKE USAGE ON SCHEMA events FROM %I', p_role);
  EXECUTE format('REVOKE SELECT ON events.positions FROM %I', p_role);
  EXECUTE format(
    'REVOKE EXECUTE ON FUNCTION events.next_batch(),'
      ' events.read_batch(BIGINT, BIGINT, INTEGER, BIGINT, INTEGER),'
      ' events.finish_batch(BIGINT, JSONB), events.backlog(), events.rotate(BIGINT) FROM %I',
    p_role
  );
END;
$$;

REVOKE ALL ON FUNCTION
  events.adopt(),
  events.next_batch(),
  events.read_batch(BIGINT, BIGINT, INTEGER, BIGINT, INTEGER),
  events.finish_batch(BIGINT, JSONB),
  events.backlog(),
  events.rotate(BIGINT),
  events.allow_relay(NAME),
  events.forbid_relay(NAME)
FROM PUBLIC;

-- The runtime of the set tenants.
DO $$
BEGIN
  IF EXISTS (
    SELECT
      FROM pg_catalog.pg_proc AS p
     WHERE p.pronamespace = pg_catalog.to_regnamespace('agents') AND p.proname = 'isolate_table'
  ) THEN
    PERFORM events.allow_relay('app_flusher');
  END IF;
END;
$$;
