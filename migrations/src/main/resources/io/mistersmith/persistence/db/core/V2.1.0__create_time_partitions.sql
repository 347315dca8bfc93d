-- kind: function
-- Creates time partitions, and moves what had gone to the default partition into them.
--
-- Longer than scripts are here: the functions are the steps of one protocol of locks and moves, and
-- are only right together.
--
-- Locks. A partition is created as a table of its own and then attached. Attaching takes SHARE
-- UPDATE EXCLUSIVE on the parent, which stops neither readers nor writers (CREATE TABLE ...
-- PARTITION OF would take ACCESS EXCLUSIVE), ACCESS EXCLUSIVE on the default partition, which few
-- use, and SHARE ROW EXCLUSIVE on each table that a foreign key refers to. All are held until the
-- transaction ends.
--
-- Where writers may be using the range already, because it is not in the future or the default
-- partition has rows of it, they must wait at the parent (SHARE ROW EXCLUSIVE): a writer that has
-- chosen the default partition when another one is attached is refused (23514), and an update
-- that waits for a row that was moved would find it gone.
--
-- No wait for a lock is longer than half a second, which is also shorter than deadlock_timeout:
-- when maintenance and another session block each other, the maintenance gives up.

-- The partitions of a table with what they cover. A bound is printed in the session's time zone
-- and style, so these are pinned.
CREATE FUNCTION partitions.bounds(p_table REGCLASS)
RETURNS TABLE (
  partition_name REGCLASS,
  is_default BOOLEAN,
  from_at TIMESTAMPTZ,
  to_at TIMESTAMPTZ
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
AS $$
  SELECT oid::regclass, bound = 'DEFAULT',
         CASE WHEN bound ~ '^FOR VALUES FROM \(MINVALUE\)' THEN '-infinity'::timestamptz
              ELSE substring(bound FROM '^FOR VALUES FROM \(''([^'']+)''\)')::timestamptz END,
         CASE WHEN bound ~ ' TO \(MAXVALUE\)$' THEN 'infinity'::timestamptz
              ELSE substring(bound FROM ' TO \(''([^'']+)''\)$')::timestamptz END
    FROM (SELECT c.oid, pg_get_expr(c.relpartbound, c.oid) AS bound
            FROM pg_inherits i
            JOIN pg_class c ON c.oid = i.inhrelid
           WHERE i.inhparent = p_table AND c.relispartition) AS b
   ORDER BY 3, 1
$$;

-- The ranges between two times that only the default partition covers.
CREATE FUNCTION partitions.gaps(p_table REGCLASS, p_from TIMESTAMPTZ, p_to TIMESTAMPTZ)
RETURNS TABLE (from_at TIMESTAMPTZ, to_at TIMESTAMPTZ)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT lower(gap), upper(gap)
    FROM unnest(
           tstzmultirange(tstzrange(p_from, p_to))
           - (SELECT coalesce(range_agg(tstzrange(b.from_at, b.to_at)), '{}')
                FROM partitions.bounds(p_table) AS b
               WHERE NOT b.is_default)
         ) AS gap
   ORDER BY 1
$$;

-- The beginning of the period that a time lies in, and of those after it.
CREATE FUNCTION partitions.period_start(
  p_period TEXT,
  p_time TIMESTAMPTZ,
  p_later INTEGER DEFAULT 0
)
RETURNS TIMESTAMPTZ
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
  pg_catalog.date_trunc(p_period, p_time AT TIME ZONE 'UTC')
  + p_later * ('1 ' || p_period)::INTERVAL
) AT TIME ZONE 'UTC';

-- A free name for a partition of a table that begins at a time: log_2026_11_21.
CREATE FUNCTION partitions.free_name(p_table REGCLASS, p_from TIMESTAMPTZ, p_to TIMESTAMPTZ)
RETURNS NAME
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
SET timezone = 'UTC'
AS $$
DECLARE
  v_schema OID;
  v_base TEXT;
  v_suffix TEXT;
  v_name TEXT;
  v_number INTEGER := 1;
BEGIN
  SELECT relnamespace, relname INTO v_schema, v_base FROM pg_class WHERE oid = p_table;
  v_suffix := to_char(p_from, CASE
    WHEN p_to = p_from + INTERVAL '1 hour' THEN '_YYYY_MM_DD_HH24'
    WHEN p_to = p_from + INTERVAL '1 day' THEN '_YYYY_MM_DD'
    WHEN p_to = p_from + INTERVAL '7 days' THEN '_IYYY_"w"IW'
    WHEN p_to = p_from + INTERVAL '1 month' THEN '_YYYY_MM'
    ELSE '_YYYY_MM_DD_HH24MISS_US'
  END);
  LOOP
    v_name := v_base || v_suffix;
    IF octet_length(v_name) > 63 THEN
      v_suffix := '_' || left(md5(v_base), 6) || v_suffix;
      WHILE octet_length(v_base || v_suffix) > 63 LOOP
        v_base := left(v_base, -1);
      END LOOP;
      v_name := v_base || v_suffix;
    END IF;
    EXIT WHEN NOT EXISTS (
      SELECT FROM pg_class WHERE relnamespace = v_schema AND relname = v_name);
    v_number := v_number + 1;
    v_suffix := regexp_replace(v_suffix, 'x\d+$', '') || 'x' || v_number;
  END LOOP;
  RETURN v_name;
END;
$$;

-- Creates an empty table like the parent's, owned like it, with privileges for nobody else: what
-- guards a parent, such as row-level security, would not guard a partition.
CREATE FUNCTION partitions.create_detached(p_table REGCLASS, p_name NAME)
RETURNS REGCLASS
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_parent RECORD;
  v_new REGCLASS;
  v_parameters TEXT;
  v_grantee OID;
BEGIN
  SELECT n.nspname, c.relname, c.relowner, t.spcname INTO v_parent
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_tablespace t ON t.oid = c.reltablespace
   WHERE c.oid = p_table;
  -- Identity belongs to the parent alone (17 and later copy it, earlier ones have none).
  EXECUTE format(
    'CREATE TABLE %I.%I (LIKE %s INCLUDING ALL EXCLUDING IDENTITY)',
    v_parent.nspname, p_name, p_table
  ) || coalesce(' TABLESPACE ' || quote_ident(v_parent.spcname), '');
  v_new := format('%I.%I', v_parent.nspname, p_name)::regclass;

  SELECT string_agg(
           CASE WHEN key LIKE 'toast.%' THEN 'toast.' || quote_ident(substr(key, 7))
                ELSE quote_ident(key) END || ' = ' || quote_literal(value),
           ', ')
    INTO v_parameters
    FROM partitions.settings s, jsonb_each_text(s.storage_parameters)
   WHERE s.parent_schema = v_parent.nspname AND s.parent_table = v_parent.relname;
  IF v_parameters IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s SET (%s)', v_new, v_parameters);
  END IF;

  IF v_parent.relowner <> (SELECT relowner FROM pg_class WHERE oid = v_new) THEN
    EXECUTE format(
      'ALTER TABLE %s OWNER TO %I', v_new, pg_get_userbyid(v_parent.relowner));
  END IF;
  FOR v_grantee IN
    SELECT DISTINCT a.grantee
      FROM pg_class c, aclexplode(c.relacl) AS a
     WHERE c.oid = v_new AND a.grantee <> c.relowner
  LOOP
    EXECUTE format(
      'REVOKE ALL ON TABLE %s FROM %s', v_new,
      CASE v_grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(v_grantee)) END);
  END LOOP;
  RETURN v_new;
END;
$$;

-- The triggers that would hear of rows that are moved from one table to another.
CREATE FUNCTION partitions.triggers_of_moving(p_source REGCLASS, p_target REGCLASS)
RETURNS TABLE (on_table REGCLASS, trigger_name NAME, always BOOLEAN)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT t.tgrelid::regclass, t.tgname, t.tgenabled = 'A'
    FROM pg_trigger t
   WHERE (t.tgrelid = p_source AND t.tgtype & 8 <> 0 -- on delete
          OR t.tgrelid = p_target AND t.tgtype & 4 <> 0) -- on insert
     AND t.tgenabled IN ('O', 'A') AND (NOT t.tgisinternal OR t.tgparentid <> 0)
     AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.oid = t.tgconstraint AND c.contype = 'f')
$$;

-- Moves the rows of a range between a partition and a table that nobody else sees. Moving is
-- neither deleting nor inserting: triggers do not hear of it. The caller has locked writers out, or
-- does so before it commits.
CREATE FUNCTION partitions.move_rows(
  p_table REGCLASS,
  p_source REGCLASS,
  p_target REGCLASS,
  p_from TIMESTAMPTZ,
  p_to TIMESTAMPTZ
)
RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET timezone = 'UTC'
AS $$
DECLARE
  v_time NAME := partitions.time_column(p_table);
  v_columns TEXT;
  v_trigger RECORD;
  v_restore TEXT[] := '{}';
  v_command TEXT;
  v_moved BIGINT;
BEGIN
  SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO v_columns
    FROM pg_attribute
   WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped AND attgenerated = '';

  FOR v_trigger IN SELECT t.* FROM partitions.triggers_of_moving(p_source, p_target) AS t LOOP
    EXECUTE format(
      'ALTER TABLE %s DISABLE TRIGGER %I', v_trigger.on_table, v_trigger.trigger_name);
    v_restore := v_restore || format(
      'ALTER TABLE %s ENABLE %s TRIGGER %I', v_trigger.on_table,
      CASE WHEN v_trigger.always THEN 'ALWAYS' ELSE '' END, v_trigger.trigger_name);
  END LOOP;
  EXECUTE format(
    'WITH moved AS (DELETE FROM ONLY %1$s WHERE %2$I >= %3$L AND %2$I < %4$L RETURNING %5$s)'
    ' INSERT INTO %6$s (%5$s) SELECT %5$s FROM moved',
    p_source, v_time, p_from, p_to, v_columns, p_target);
  GET DIAGNOSTICS v_moved = ROW_COUNT;
  -- To a foreign key, moving is deleting: it would cascade.
  IF v_moved > 0
     AND EXISTS (SELECT FROM pg_constraint WHERE confrelid = p_table AND contype = 'f') THEN
    RAISE EXCEPTION 'rows of % cannot be moved: a foreign key refers to them', p_table
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Drop the foreign key; partitions with rows it refers to could not go either.';
  END IF;
  FOREACH v_command IN ARRAY v_restore LOOP
    EXECUTE v_command;
  END LOOP;
  RETURN v_moved;
END;
$$;

-- Keeps writers out of a table and of its default partition until the transaction ends. Writers
-- write the referenced table before the referring one, so it is locked first.
CREATE FUNCTION partitions.lock_writers_out(p_table REGCLASS, p_default REGCLASS)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_referenced TEXT;
BEGIN
  FOR v_referenced IN
    SELECT DISTINCT confrelid::regclass::text FROM pg_constraint
     WHERE conrelid = p_table AND contype = 'f' AND confrelid <> p_table
       AND has_table_privilege(confrelid, 'UPDATE')
     ORDER BY 1
  LOOP
    EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', v_referenced);
  END LOOP;
  EXECUTE format('LOCK TABLE ONLY %s IN SHARE ROW EXCLUSIVE MODE', p_table);
  IF p_default IS NOT NULL THEN
    EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', p_default);
  END IF;
END;
$$;

-- Creates the partition of a range, which must be a gap, with the rows that the default partition
-- has of it. Where those are more than p_limit (null: no limit) the partition gets about so many
-- of them and is as much shorter; the rest of the range stays a gap. It gets the oldest, but the
-- newest where the range reaches beyond p_now: what is being written now finds its place first.
--
-- Most rows are moved before writers are locked out. Somebody who wants to change one of those
-- meanwhile waits for it, and holds the table while waiting, so that the lock is not had and the
-- move is undone: no change is lost. It is then made again, with writers locked out from the
-- start; so it is where triggers must be silenced, which takes such a lock.
CREATE FUNCTION partitions.fill_gap(
  p_table REGCLASS,
  p_from TIMESTAMPTZ,
  p_to TIMESTAMPTZ,
  p_limit BIGINT,
  p_now TIMESTAMPTZ,
  OUT partition_name REGCLASS,
  OUT moved BIGINT
)
LANGUAGE plpgsql
SET search_path = pg_catalog
SET timezone = 'UTC'
AS $$
DECLARE
  c_moment CONSTANT INTERVAL := '1 microsecond';
  v_time NAME := partitions.time_column(p_table);
  v_default REGCLASS;
  v_from TIMESTAMPTZ := p_from;
  v_to TIMESTAMPTZ := p_to;
  v_cut TIMESTAMPTZ;
  v_rows BOOLEAN := FALSE;
  v_locked BOOLEAN := FALSE;
BEGIN
  moved := 0;
  SELECT nullif(partdefid, 0)::regclass INTO v_default
    FROM pg_partitioned_table WHERE partrelid = p_table;
  partition_name :=
    partitions.create_detached(p_table, partitions.free_name(p_table, p_from, p_to));
  IF v_default IS NOT NULL THEN
    EXECUTE format('SELECT EXISTS (SELECT FROM ONLY %1$s WHERE %2$I >= $1 AND %2$I < $2)',
                   v_default, v_time)
      INTO v_rows USING p_from, p_to;
  END IF;

  IF v_rows AND p_limit IS NOT NULL THEN
    EXECUTE format(
      'SELECT %2$I FROM ONLY %1$s WHERE %2$I >= $1 AND %2$I < $2'
      ' ORDER BY 1 %3$s OFFSET $3 LIMIT 1',
      v_default, v_time, CASE WHEN p_to > p_now THEN 'DESC' ELSE '' END)
      INTO v_cut USING p_from, p_to, greatest(p_limit, 1);
    IF v_cut IS NULL THEN
      NULL; -- few enough
    ELSIF p_to > p_now THEN
      v_from := least(v_cut + c_moment, p_to - c_moment);
    ELSE
      -- A moment with more rows than that is not divided.
      EXECUTE format(
        'SELECT greatest($1, min(%2$I) + $3) FROM ONLY %1$s WHERE %2$I >= $2', v_default, v_time)
        INTO v_to USING v_cut, p_from, c_moment;
    END IF;
  END IF;

  IF v_rows AND NOT EXISTS (SELECT FROM partitions.triggers_of_moving(v_default, NULL)) THEN
    BEGIN
      moved := partitions.move_rows(p_table, v_default, partition_name, v_from, v_to);
      PERFORM partitions.lock_writers_out(p_table, v_default);
      v_locked := TRUE;
    EXCEPTION WHEN lock_not_available THEN
      moved := 0;
    END;
  END IF;
  IF NOT v_locked AND (v_rows OR p_from <= greatest(p_now, clock_timestamp())) THEN
    PERFORM partitions.lock_writers_out(p_table, v_default);
    v_locked := TRUE;
  END IF;
  IF v_locked AND v_default IS NOT NULL THEN
    -- All of them, or what came since.
    moved := moved + partitions.move_rows(p_table, v_default, partition_name, v_from, v_to);
  END IF;
  EXECUTE format('ALTER TABLE %s ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)',
                 p_table, partition_name, v_from, v_to);
END;
$$;

-- Creates the partitions that a range lacks, and says how many rows moved into them; null if it
-- lacks none.
CREATE FUNCTION partitions.fill_gaps(
  p_table REGCLASS,
  p_from TIMESTAMPTZ,
  p_to TIMESTAMPTZ,
  p_limit BIGINT,
  p_now TIMESTAMPTZ
)
RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_gap RECORD;
  v_moved BIGINT;
BEGIN
  FOR v_gap IN SELECT g.* FROM partitions.gaps(p_table, p_from, p_to) AS g LOOP
    v_moved := coalesce(v_moved, 0) + (
      SELECT f.moved
        FROM partitions.fill_gap(p_table, v_gap.from_at, v_gap.to_at, p_limit, p_now) AS f);
  END LOOP;
  RETURN v_moved;
END;
$$;

-- Only one at a time works on a table; the lock ends with the transaction.
CREATE FUNCTION partitions.lock_for_maintenance(p_table REGCLASS)
RETURNS VOID
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('partitions of ' || p_table::text, 0))
$$;

-- The partition of the hour, day, ISO week or month, in UTC, that p_start lies in. It is created,
-- with the rows that had gone to the default partition, unless it exists.
CREATE FUNCTION partitions.create_time_partition(
  p_table REGCLASS,
  p_start TIMESTAMPTZ,
  p_interval INTERVAL DEFAULT INTERVAL '1 day'
)
RETURNS REGCLASS
LANGUAGE plpgsql
SET search_path = pg_catalog
SET lock_timeout = '500ms'
AS $$
DECLARE
  v_period TEXT := partitions.period_of(p_interval);
BEGIN
  PERFORM partitions.time_column(p_table);
  IF NOT coalesce(isfinite(p_start), FALSE) THEN
    RAISE EXCEPTION 'a partition of % cannot begin at %', p_table, coalesce(p_start::text, 'null')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a time within the period.';
  END IF;
  PERFORM partitions.lock_for_maintenance(p_table);
  PERFORM partitions.fill_gaps(
    p_table,
    partitions.period_start(v_period, p_start),
    partitions.period_start(v_period, p_start, 1),
    NULL, now());
  RETURN (
    SELECT b.partition_name
      FROM partitions.bounds(p_table) AS b
     WHERE b.from_at <= p_start AND b.to_at > p_start
  );
END;
$$;

-- The same for a day that is given as a date, which is meant in UTC.
CREATE FUNCTION partitions.create_time_partition(
  p_table REGCLASS,
  p_start DATE,
  p_interval INTERVAL DEFAULT INTERVAL '1 day'
)
RETURNS REGCLASS
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  SELECT partitions.create_time_partition(
    p_table, p_start::timestamp AT TIME ZONE 'UTC', p_interval)
$$;

-- Moves up to about p_limit rows out of the default partition, oldest first, into partitions that
-- are created for them, and says how many. Rows later than the period of p_now wait for theirs.
-- Call it again until it moves none.
CREATE FUNCTION partitions.drain_default(
  p_table REGCLASS,
  p_limit BIGINT DEFAULT 20000,
  p_now TIMESTAMPTZ DEFAULT now()
)
RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET timezone = 'UTC'
SET lock_timeout = '500ms'
AS $$
DECLARE
  -- So that outliers, each in a period of its own, do not create partitions without end.
  c_most_partitions CONSTANT INTEGER := 31;
  c_most_locked CONSTANT BIGINT := least(p_limit, 2000);
  v_period TEXT := coalesce((partitions.settings_of(p_table)).period, 'day');
  v_time NAME := partitions.time_column(p_table);
  v_default REGCLASS;
  v_oldest TIMESTAMPTZ;
  v_gap RECORD;
  v_rows BIGINT;
  v_first BIGINT;
  v_moved BIGINT := 0;
  v_partitions INTEGER := 0;
BEGIN
  PERFORM partitions.lock_for_maintenance(p_table);
  SELECT nullif(partdefid, 0)::regclass INTO v_default
    FROM pg_partitioned_table WHERE partrelid = p_table;
  WHILE v_default IS NOT NULL AND v_moved < p_limit AND v_partitions < c_most_partitions LOOP
    EXECUTE format('SELECT min(%2$I) FROM ONLY %1$s WHERE isfinite(%2$I) AND %2$I < $1',
                   v_default, v_time)
      INTO v_oldest USING partitions.period_start(v_period, p_now, 1);
    EXIT WHEN v_oldest IS NULL;
    SELECT g.from_at, g.to_at INTO STRICT v_gap
      FROM partitions.gaps(
             p_table,
             partitions.period_start(v_period, v_oldest),
             partitions.period_start(v_period, v_oldest, 1)) AS g
     WHERE g.from_at <= v_oldest AND g.to_at > v_oldest;
    -- Only the rows of the first period are moved before writers are locked out, until the end.
    EXECUTE format('SELECT count(*) FROM (SELECT FROM ONLY %1$s'
                   ' WHERE %2$I >= $1 AND %2$I < $2 LIMIT $3) AS r', v_default, v_time)
      INTO v_rows USING v_gap.from_at, v_gap.to_at, c_most_locked + 1;
    EXIT WHEN v_partitions > 0 AND v_moved - v_first + v_rows > c_most_locked;
    v_moved := v_moved + (
      SELECT f.moved
        FROM partitions.fill_gap(p_table, v_gap.from_at, v_gap.to_at, p_limit, p_now) AS f);
    v_first := coalesce(v_first, v_moved);
    v_partitions := v_partitions + 1;
  END LOOP;
  RETURN v_moved;
END;
$$;

-- The way back: moves all rows of a table into its default partition, drops the others, and says
-- how many rows that were. Partitions that live in another schema stay. Readers and writers wait.
CREATE FUNCTION partitions.dissolve(p_table REGCLASS)
RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET lock_timeout = '500ms'
AS $$
DECLARE
  v_default REGCLASS;
  v_old RECORD;
  v_moved BIGINT := 0;
BEGIN
  PERFORM partitions.lock_for_maintenance(p_table);
  EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', p_table);
  SELECT b.partition_name INTO STRICT v_default
    FROM partitions.bounds(p_table) AS b WHERE b.is_default;
  FOR v_old IN
    SELECT b.partition_name, b.from_at, b.to_at
      FROM partitions.bounds(p_table) AS b
      JOIN pg_class c ON c.oid = b.partition_name
      JOIN pg_class p ON p.oid = p_table AND p.relnamespace = c.relnamespace
     WHERE NOT b.is_default
  LOOP
    EXECUTE format('ALTER TABLE %s DETACH PARTITION %s', p_table, v_old.partition_name);
    v_moved := v_moved + partitions.move_rows(
      p_table, v_old.partition_name, v_default, v_old.from_at, v_old.to_at);
    EXECUTE format('DROP TABLE %s', v_old.partition_name);
  END LOOP;
  RETURN v_moved;
END;
$$;
