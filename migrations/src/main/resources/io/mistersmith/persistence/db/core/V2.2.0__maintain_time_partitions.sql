-- kind: function
-- Keeps the registered tables' partitions: creates ahead, drains the default partition, detaches
-- or drops what is older than asked.
--
-- Nothing depends on it being called in time: what no partition covers goes to the default one.
-- Call partitions.maintain() every hour: the library does so while it runs; with pg_cron:
--   SELECT cron.schedule('partitions', '7 * * * *', 'SELECT partitions.maintain()');
-- Each call is one transaction. partitions.maintain(now(), 'messages.log') does a single table, so
-- that the locks of one are not held while another is worked on.

-- Retires the partitions that can hold nothing younger than p_before, by their bounds and not by
-- their names: they are dropped, or only detached if p_keep. A partition that lives in another
-- schema than its parent is somebody's own table, and never dropped. One that cannot go is
-- reported, and stays.
--
-- Dropping an attached partition detaches it in the same step, under ACCESS EXCLUSIVE on the
-- parent, the partition and the default partition. To detach and then drop would need ACCESS
-- EXCLUSIVE on every table that a foreign key refers to as well, since a detached table
-- has triggers there. DETACH ... CONCURRENTLY does not work beside a default partition.
CREATE FUNCTION partitions.retire(
  p_table REGCLASS,
  p_before TIMESTAMPTZ,
  p_keep BOOLEAN,
  OUT detached INTEGER,
  OUT dropped INTEGER,
  OUT problems TEXT[]
)
LANGUAGE plpgsql
SET search_path = pg_catalog
SET timezone = 'UTC'
AS $$
DECLARE
  v_old RECORD;
  v_drop BOOLEAN;
BEGIN
  detached := 0;
  dropped := 0;
  problems := '{}';
  FOR v_old IN
    SELECT b.partition_name, c.relnamespace = p.relnamespace AS beside_parent
      FROM partitions.bounds(p_table) AS b
      JOIN pg_class c ON c.oid = b.partition_name
      JOIN pg_class p ON p.oid = p_table
     WHERE NOT b.is_default AND b.to_at <= p_before
     ORDER BY b.to_at
  LOOP
    v_drop := v_old.beside_parent AND NOT p_keep;
    BEGIN
      EXECUTE CASE WHEN v_drop THEN format('DROP TABLE %s', v_old.partition_name)
                   ELSE format('ALTER TABLE %s DETACH PARTITION %s', p_table,
                               v_old.partition_name) END;
      detached := detached + 1;
      dropped := dropped + v_drop::int;
    EXCEPTION WHEN OTHERS THEN
      problems := problems
        || format('%s was not retired: %s (%s)', v_old.partition_name, SQLERRM, SQLSTATE);
    END;
  END LOOP;
END;
$$;

-- Brings one table to where it should be at p_now: the current partition and p_ahead more exist,
-- the default partition is drained up to its limit, and what is wholly older than p_retain (null:
-- nothing) is detached, and dropped unless the settings keep it. A step that fails is reported in
-- problems; the others are done.
CREATE FUNCTION partitions.manage_time_partitions(
  p_table REGCLASS,
  p_retain INTERVAL,
  p_ahead INTEGER,
  p_now TIMESTAMPTZ DEFAULT now(),
  OUT created INTEGER,
  OUT drained BIGINT,
  OUT detached INTEGER,
  OUT dropped INTEGER,
  OUT rows_left BOOLEAN,
  OUT problems TEXT[]
)
LANGUAGE plpgsql
SET search_path = pg_catalog
SET timezone = 'UTC'
SET lock_timeout = '500ms'
AS $$
DECLARE
  v_settings partitions.settings := partitions.settings_of(p_table);
  v_period TEXT := coalesce(v_settings.period, 'day');
  v_limit BIGINT := coalesce(v_settings.drain_limit, 20000);
  c_few CONSTANT BIGINT := least(v_limit, 2000);
  v_time NAME := partitions.time_column(p_table);
  v_before INTEGER;
  v_default REGCLASS;
  v_next TIMESTAMPTZ := partitions.period_start(v_period, p_now, 1);
  v_moved BIGINT;
  v_due BIGINT;
  v_made BOOLEAN := FALSE;
  v_retired RECORD;
BEGIN
  IF NOT coalesce(isfinite(p_now), FALSE)
     OR NOT coalesce(p_ahead BETWEEN 0 AND 1000, FALSE) OR p_retain <= INTERVAL '0' THEN
    RAISE EXCEPTION 'the partitions of % cannot be managed with retain %, ahead %, now %',
      p_table, coalesce(p_retain::text, 'null'), coalesce(p_ahead::text, 'null'),
      coalesce(p_now::text, 'null')
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Retain must be positive or null, ahead 0 to 1000, now a finite time.';
  END IF;
  created := 0;
  drained := 0;
  detached := 0;
  dropped := 0;
  problems := '{}';
  PERFORM partitions.lock_for_maintenance(p_table);
  SELECT nullif(partdefid, 0)::regclass INTO v_default
    FROM pg_partitioned_table WHERE partrelid = p_table;
  SELECT count(*) INTO v_before FROM partitions.bounds(p_table);

  -- The step that makes writers wait comes first, before lesser locks are held: the current
  -- partition, then the rest of the default one. A step that fails undoes only itself: above all,
  -- the partitions ahead must not depend on the rows of the default one.
  BEGIN
    v_moved := partitions.fill_gaps(
      p_table, partitions.period_start(v_period, p_now), v_next, v_limit, p_now);
    v_made := v_moved IS NOT NULL;
    drained := coalesce(v_moved, 0);
  EXCEPTION WHEN OTHERS THEN
    problems := problems || format(
      'the current partition was not made: %s (%s)', SQLERRM, SQLSTATE);
  END;

  -- If the current partition was made just now, writers are locked out: many rows can wait.
  BEGIN
    IF v_default IS NOT NULL THEN
      EXECUTE format(
        'SELECT count(*) FROM (SELECT FROM ONLY %1$s WHERE isfinite(%2$I) AND %2$I < $1'
        ' LIMIT $2) AS r', v_default, v_time)
        INTO v_due USING v_next, c_few + 1;
      IF v_due <= c_few OR NOT v_made THEN
        drained := drained + partitions.drain_default(p_table, v_limit, p_now);
      END IF;
    END IF;
  EXCEPTION WHEN OTHERS THEN
    problems := problems || format(
      'the default partition was not drained: %s (%s)', SQLERRM, SQLSTATE);
  END;

  BEGIN
    SELECT sum(partitions.fill_gaps(
                 p_table,
                 partitions.period_start(v_period, p_now, later),
                 partitions.period_start(v_period, p_now, later + 1),
                 v_limit, p_now))
      INTO v_moved
      FROM generate_series(1, p_ahead) AS later;
    drained := drained + coalesce(v_moved, 0);
  EXCEPTION WHEN OTHERS THEN
    problems := problems || format(
      'the partitions ahead were not made: %s (%s)', SQLERRM, SQLSTATE);
  END;
  SELECT count(*) - v_before INTO created FROM partitions.bounds(p_table);

  IF p_retain IS NOT NULL THEN
    SELECT * INTO v_retired
      FROM partitions.retire(
             p_table, p_now - p_retain, coalesce(v_settings.keep_detached, FALSE));
    detached := v_retired.detached;
    dropped := v_retired.dropped;
    problems := problems || v_retired.problems;
  END IF;

  rows_left := FALSE;
  IF v_default IS NOT NULL THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %1$s WHERE isfinite(%2$I) AND %2$I < $1)',
                   v_default, v_time)
      INTO rows_left USING v_next;
  END IF;
END;
$$;

-- Maintains all registered tables, or one, at p_now. One table that fails does not stop the
-- others; what became of each is a row here, and noted in partitions.settings:
--   done        all is as it should be
--   incomplete  more rows wait in the default partition; call again
--   failed      some of it could not be done, message says what and why; the next call tries again
--   missing     there is no such table any more
--   busy        somebody else is at it, and nothing was done
CREATE FUNCTION partitions.maintain(
  p_now TIMESTAMPTZ DEFAULT now(),
  p_table REGCLASS DEFAULT NULL
)
RETURNS TABLE (
  parent_schema NAME,
  parent_table NAME,
  outcome TEXT,
  created INTEGER,
  drained BIGINT,
  detached INTEGER,
  dropped INTEGER,
  message TEXT
)
LANGUAGE plpgsql
SET search_path = pg_catalog
SET timezone = 'UTC'
SET lock_timeout = '500ms'
AS $$
#variable_conflict use_column
DECLARE
  v_free BOOLEAN := pg_try_advisory_xact_lock(hashtextextended('partitions.maintain', 0));
  v_settings partitions.settings;
  v_table REGCLASS;
  v_done RECORD;
BEGIN
  FOR v_settings IN
    SELECT s.* FROM partitions.settings s
     WHERE p_table IS NULL
        OR to_regclass(format('%I.%I', s.parent_schema, s.parent_table)) = p_table
     ORDER BY s.parent_schema, s.parent_table
  LOOP
    parent_schema := v_settings.parent_schema;
    parent_table := v_settings.parent_table;
    created := 0;
    drained := 0;
    detached := 0;
    dropped := 0;
    message := NULL;
    v_table := to_regclass(format('%I.%I', parent_schema, parent_table));
    IF NOT v_free THEN
      outcome := 'busy';
      RETURN NEXT;
      CONTINUE;
    ELSIF v_table IS NULL THEN
      outcome := 'missing';
      message := 'there is no such table; delete its row of partitions.settings';
    ELSE
      BEGIN
        SELECT * INTO v_done
          FROM partitions.manage_time_partitions(
                 v_table, v_settings.retain, v_settings.ahead, p_now);
        created := v_done.created;
        drained := v_done.drained;
        detached := v_done.detached;
        dropped := v_done.dropped;
        message := nullif(array_to_string(v_done.problems, '; '), '');
        outcome := CASE WHEN message IS NOT NULL THEN 'failed'
                        WHEN v_done.rows_left THEN 'incomplete'
                        ELSE 'done' END;
      EXCEPTION WHEN OTHERS THEN
        outcome := 'failed';
        message := format('%s (%s)', SQLERRM, SQLSTATE);
      END;
    END IF;
    UPDATE partitions.settings s
       SET last_run_at = clock_timestamp(), last_outcome = outcome, last_message = message,
           last_success_at =
             CASE outcome WHEN 'done' THEN clock_timestamp() ELSE s.last_success_at END
     WHERE s.parent_schema = v_settings.parent_schema
       AND s.parent_table = v_settings.parent_table;
    RETURN NEXT;
  END LOOP;
END;
$$;

-- The partitions of the registered tables, with what they cover and how large they are. The rows
-- are the planner's estimate, null before the first ANALYZE.
CREATE VIEW partitions.overview AS
SELECT s.parent_schema, s.parent_table, n.nspname AS partition_schema, c.relname AS partition_name,
       b.is_default, b.from_at, b.to_at,
       CASE WHEN c.reltuples >= 0 THEN c.reltuples::BIGINT END AS estimated_rows,
       pg_total_relation_size(c.oid) AS total_bytes
  FROM partitions.settings s
  JOIN pg_namespace ps ON ps.nspname = s.parent_schema
  JOIN pg_class pc ON pc.relnamespace = ps.oid AND pc.relname = s.parent_table
 CROSS JOIN LATERAL partitions.bounds(pc.oid) AS b
  JOIN pg_class c ON c.oid = b.partition_name
  JOIN pg_namespace n ON n.oid = c.relnamespace;
