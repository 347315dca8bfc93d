-- kind: function
-- Copies a table into its shadow, compares the two, and swaps them: see 4.2.0, also for its length.

-- Copies the next rows. Its commit does not wait for the disk: a crash loses the batch and its
-- position together, and it is done again.
CREATE FUNCTION migrations.shadow_copy_batch(
  p_change UUID,
  p_size INT DEFAULT 1000,
  OUT rows_seen BIGINT,
  OUT rows_written BIGINT,
  OUT state TEXT
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET row_security = off
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'shadow');
  v_key NAME[];
  v_batch RECORD;
  v_keys RECORD;
  v_insert RECORD;
BEGIN
  rows_seen := 0;
  rows_written := 0;
  state := v_change.state;
  IF state <> 'copying' THEN
    RETURN;
  END IF;
  v_key := migrations.key_columns(v_change.source_table);
  IF v_change.position IS NULL THEN
    v_change.last_position := migrations.last_key(v_change.source_table, v_key);
  END IF;
  SELECT * INTO v_batch FROM migrations.next_batch(
    v_change.source_table, v_key, v_change.position, v_change.last_position, p_size);
  rows_seen := v_batch.size;
  IF rows_seen > 0 THEN
    SELECT * INTO v_keys FROM migrations.keyset(v_change.source_table, v_key);
    SELECT * INTO v_insert FROM migrations.shadow_insert(
      v_change.source_table, v_change.shadow_table, v_key, v_change.forward_expressions);
    -- The end of the batch was read before, without locks: a locked row may turn out to have got
    -- another key meanwhile, by which no position may be taken.
    EXECUTE format(
      '%s FROM (SELECT t.* FROM %s AS t WHERE %s AND %s FOR KEY SHARE) AS source'
        ' ON CONFLICT (%s) DO NOTHING',
      v_insert.head, v_change.source_table,
      CASE WHEN v_change.position IS NULL THEN 'true' ELSE v_keys.after END, v_keys.up_to,
      (SELECT string_agg(quote_ident(k), ', ') FROM unnest(v_key) AS k))
      USING v_change.position, v_batch.place;
    GET DIAGNOSTICS rows_written = ROW_COUNT;
  END IF;
  IF rows_seen < p_size THEN
    state := 'copied';
  END IF;
  UPDATE migrations.online_changes c
     SET position = CASE WHEN shadow_copy_batch.state = 'copying' THEN v_batch.place END,
         last_position = v_change.last_position, state = shadow_copy_batch.state,
         copied_at_xid = CASE WHEN shadow_copy_batch.state = 'copied' THEN pg_current_xact_id() END,
         -- A row that came between the two readings is written, and was not seen.
         rows_seen = c.rows_seen
           + greatest(shadow_copy_batch.rows_seen, shadow_copy_batch.rows_written),
         rows_written = c.rows_written + shadow_copy_batch.rows_written,
         error_message = NULL, updated_at = clock_timestamp()
   WHERE c.change_id = p_change;
  PERFORM set_config('synchronous_commit', 'off', true);
END;
$$;

-- Compares the next range of keys, in one snapshot, in which both tables are at the same point. It
-- locks no row. At the end of the last range the change is verified if no range had a difference;
-- else the next call begins again. It reports at most ten differences of a range.
CREATE FUNCTION migrations.shadow_verify_batch(
  p_change UUID,
  p_size INT DEFAULT 5000,
  OUT rows_seen BIGINT,
  OUT rows_in_shadow BIGINT,
  OUT differences BIGINT,
  OUT examples JSONB,
  OUT done BOOLEAN
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET row_security = off
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'shadow');
  v_key NAME[];
  v_batch RECORD;
  v_keys RECORD;
  v_shadow_keys RECORD;
  v_mapping RECORD;
  v_after BOOLEAN := v_change.position IS NOT NULL;
BEGIN
  rows_seen := 0;
  rows_in_shadow := 0;
  differences := 0;
  examples := '[]';
  done := v_change.state = 'verified';
  IF done THEN
    RETURN;
  ELSIF v_change.state <> 'copied' THEN
    RAISE EXCEPTION 'Online change % of table % is %', p_change, v_change.table_name, v_change.state
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'It is compared when it is copied.';
  END IF;
  v_key := migrations.key_columns(v_change.source_table);
  SELECT * INTO v_batch
    FROM migrations.next_batch(v_change.source_table, v_key, v_change.position, NULL, p_size);
  done := v_batch.size < p_size;
  SELECT * INTO v_keys FROM migrations.keyset(v_change.source_table, v_key);
  SELECT * INTO v_shadow_keys FROM migrations.keyset(v_change.shadow_table, v_key);
  SELECT * INTO v_mapping FROM migrations.shadow_mapping(
    v_change.source_table, v_change.shadow_table, v_change.forward_expressions);
  EXECUTE format(
    $query$
    WITH expected AS (
      SELECT %8$s, md5(ROW(%1$s)::text) AS expected_row
        FROM (SELECT t.* FROM %2$s AS t WHERE %3$s) AS source
    ), actual AS (
      SELECT %8$s, md5(ROW(%4$s)::text) AS actual_row FROM %5$s AS t WHERE %6$s
    ), compared AS (
      SELECT t.*, t.expected_row IS DISTINCT FROM t.actual_row AS differs
        FROM (SELECT * FROM expected FULL JOIN actual USING (%8$s)) AS t
    )
    SELECT count(t.expected_row), count(t.actual_row), count(*) FILTER (WHERE t.differs),
           jsonb_path_query_array(
             coalesce(jsonb_agg(jsonb_build_object(
               'key', %7$s,
               'row', CASE WHEN t.actual_row IS NULL THEN 'missing'
                           WHEN t.expected_row IS NULL THEN 'surplus' ELSE 'different' END))
               FILTER (WHERE t.differs), '[]'), '$[0 to 9]')
      FROM compared AS t
    $query$,
    (SELECT string_agg(format('(%s)::%s', c.expression, c.type), ', ' ORDER BY c.place)
       FROM unnest(v_mapping.expressions, v_mapping.types) WITH ORDINALITY AS c (expression, type, place)),
    v_change.source_table,
    concat_ws(' AND ', CASE WHEN v_after THEN v_keys.after END,
      CASE WHEN done THEN 'true' ELSE v_keys.up_to END),
    (SELECT string_agg(format('t.%I', c.name), ', ' ORDER BY c.place)
       FROM unnest(v_mapping.columns) WITH ORDINALITY AS c (name, place)),
    v_change.shadow_table,
    concat_ws(' AND ', CASE WHEN v_after THEN v_shadow_keys.after END,
      CASE WHEN done THEN 'true' ELSE v_shadow_keys.up_to END),
    v_keys.place,
    (SELECT string_agg(quote_ident(k), ', ') FROM unnest(v_key) AS k))
    INTO rows_seen, rows_in_shadow, differences, examples
    USING v_change.position, v_batch.place;
  UPDATE migrations.online_changes c
     SET position = CASE WHEN NOT done THEN v_batch.place END,
         differences = CASE WHEN v_after THEN c.differences ELSE 0 END
                       + shadow_verify_batch.differences,
         error_message = NULL, updated_at = clock_timestamp()
   WHERE c.change_id = p_change;
  IF done THEN
    -- Plans must fit from the first statement after the cut-over on.
    EXECUTE format('ANALYZE %s', v_change.shadow_table);
    UPDATE migrations.online_changes c SET state = 'verified'
     WHERE c.change_id = p_change AND c.differences = 0;
  END IF;
END;
$$;

-- The sequences that belong to columns of a table.
CREATE FUNCTION migrations.owned_sequences(p_table REGCLASS)
RETURNS TABLE (sequence REGCLASS, column_name NAME, shared BOOLEAN)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT d.objid::regclass, a.attname,
         EXISTS (SELECT FROM pg_depend u JOIN pg_attrdef f ON f.oid = u.objid
                  WHERE u.classid = 'pg_attrdef'::regclass AND u.refobjid = d.objid
                    AND u.refclassid = 'pg_class'::regclass AND f.adrelid <> p_table)
    FROM pg_depend d
    JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
    JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
   WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass
     AND d.refobjid = p_table AND d.deptype IN ('a', 'i');
$$;

-- Lets the names of a table's constraints, indexes and sequences that begin with one table's name
-- begin with another.
CREATE FUNCTION migrations.rename_parts(p_table REGCLASS, p_from TEXT, p_to TEXT)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_statement TEXT;
BEGIN
  FOR v_statement IN
    SELECT format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', p_table, c.conname,
             left(p_to || substr(c.conname, length(p_from) + 1), 63))
      FROM pg_constraint c
     WHERE c.conrelid = p_table AND starts_with(c.conname::text, p_from || '_')
    UNION ALL
    SELECT format('ALTER INDEX %s RENAME TO %I', i.indexrelid::regclass,
             left(p_to || substr(x.relname, length(p_from) + 1), 63))
      FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
     WHERE i.indrelid = p_table AND starts_with(x.relname::text, p_from || '_')
       AND NOT EXISTS (SELECT FROM pg_constraint c
                        WHERE c.conrelid = p_table AND c.conindid = i.indexrelid)
    UNION ALL
    SELECT format('ALTER SEQUENCE %s RENAME TO %I', s.sequence,
             left(p_to || substr(x.relname, length(p_from) + 1), 63))
      FROM migrations.owned_sequences(p_table) s JOIN pg_class x ON x.oid = s.sequence
     WHERE NOT s.shared AND starts_with(x.relname::text, p_from || '_')
  LOOP
    EXECUTE v_statement;
  END LOOP;
END;
$$;

-- Ends the following of a table.
CREATE FUNCTION migrations.drop_sync_triggers(p_table REGCLASS, p_name NAME)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  EXECUTE format('DROP TRIGGER %I ON %s', p_name, p_table);
  EXECUTE format('DROP TRIGGER %I ON %s', p_name || '_t', p_table);
END;
$$;

-- Swaps the two tables: what was followed follows from then on. Everything is done under locks that
-- keep everybody out, in the one transaction of the caller.
CREATE FUNCTION migrations.shadow_swap(p_change UUID, p_back BOOLEAN)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_change migrations.online_changes;
  v_leader REGCLASS;
  v_follower REGCLASS;
  v_schema TEXT;
  v_name TEXT;
  v_leader_becomes TEXT;
  v_follower_is TEXT;
  v_readers TEXT;
  v_sequences RECORD;
  v_statement TEXT;
BEGIN
  SELECT c.* INTO v_change FROM migrations.online_changes c WHERE c.change_id = p_change;
  v_name := left(v_change.shadow_name, -length('_shadow'));
  SELECT quote_ident(n.nspname) INTO v_schema
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = v_change.source_table;
  IF p_back THEN
    v_leader := v_change.shadow_table;
    v_leader_becomes := v_change.shadow_name;
    v_follower := v_change.source_table;
    v_follower_is := v_change.old_name;
  ELSE
    v_leader := v_change.source_table;
    v_leader_becomes := v_change.old_name;
    v_follower := v_change.shadow_table;
    v_follower_is := v_change.shadow_name;
    -- To a snapshot from before the copy's end the copied rows are invisible.
    SELECT string_agg(a.pid::text, ', ') INTO v_readers
      FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
       AND a.backend_type = 'client backend' AND a.backend_xmin IS NOT NULL
       AND age(a.backend_xmin) >= age(v_change.copied_at_xid::xid);
    IF v_readers IS NOT NULL THEN
      RAISE EXCEPTION 'Process % works on a snapshot from before the copy was complete', v_readers
        USING ERRCODE = 'lock_not_available';
    END IF;
  END IF;
  PERFORM migrations.refuse_shadow_obstacles(v_leader);
  EXECUTE format('LOCK TABLE %s, %s IN ACCESS EXCLUSIVE MODE', v_leader, v_follower);

  PERFORM migrations.drop_sync_triggers(v_leader, migrations.sync_name(p_change, p_back));
  EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', v_leader);
  EXECUTE format('ALTER TABLE %s RENAME TO %I', v_leader, v_leader_becomes);
  PERFORM migrations.rename_parts(v_leader, v_name, v_leader_becomes);
  EXECUTE format('ALTER TABLE %s RENAME TO %I', v_follower, v_name);
  PERFORM migrations.rename_parts(v_follower, v_follower_is, v_name);
  EXECUTE format('ALTER TABLE %s ENABLE TRIGGER USER', v_follower);

  FOR v_sequences IN
    SELECT l.sequence AS leaders, f.sequence AS followers
      FROM migrations.owned_sequences(v_leader) l
      JOIN migrations.owned_sequences(v_follower) f USING (column_name)
  LOOP
    EXECUTE format(
      'SELECT setval(%L, greatest(l.last_value, f.last_value), l.is_called OR f.is_called)'
        ' FROM %s AS l, %s AS f',
      v_sequences.followers, v_sequences.leaders, v_sequences.followers);
    PERFORM migrations.copy_grants(v_sequences.leaders, v_sequences.followers);
  END LOOP;
  PERFORM migrations.copy_grants(v_leader, v_follower);

  IF p_back OR v_change.reverse_expressions IS NOT NULL THEN
    FOREACH v_statement IN ARRAY
      migrations.sync_triggers(migrations.sync_name(p_change, NOT p_back), v_follower::text)
    LOOP
      EXECUTE v_statement;
    END LOOP;
  END IF;
END;
$$;

-- Puts the shadow in the table's place. The table stays, as <name>_old, and is kept in step.
CREATE FUNCTION migrations.shadow_cut_over(
  p_change UUID,
  p_lock_timeout INTERVAL DEFAULT '50 milliseconds',
  p_attempts INT DEFAULT 20,
  p_pause INTERVAL DEFAULT '250 milliseconds'
)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'shadow');
BEGIN
  IF v_change.state = 'cut_over' THEN
    RETURN;
  ELSIF v_change.state <> 'verified' THEN
    RAISE EXCEPTION 'Online change % of table % is %, with % differences: it cannot be cut over',
      p_change, v_change.table_name, v_change.state, v_change.differences
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Call migrations.shadow_verify_batch() until it is verified. Where it finds '
                   'differences, make the expressions deterministic and begin again.';
  END IF;
  PERFORM migrations.execute_briefly(v_change.source_table,
    ARRAY[format('SELECT migrations.shadow_swap(%L, false)', p_change)],
    p_lock_timeout, p_attempts, p_pause);
  UPDATE migrations.online_changes c
     SET state = 'cut_over', error_message = NULL, updated_at = clock_timestamp()
   WHERE c.change_id = p_change;
END;
$$;

-- Takes the cut-over back: the old table is in its place again, with everything that was written
-- meanwhile. The new one is the shadow again, kept in step, to be verified again.
CREATE FUNCTION migrations.shadow_cut_back(
  p_change UUID,
  p_lock_timeout INTERVAL DEFAULT '50 milliseconds',
  p_attempts INT DEFAULT 20,
  p_pause INTERVAL DEFAULT '250 milliseconds'
)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'shadow');
BEGIN
  IF v_change.state IN ('copied', 'verified') THEN
    RETURN;
  ELSIF v_change.state <> 'cut_over' OR v_change.reverse_expressions IS NULL THEN
    RAISE EXCEPTION 'Online change % of table % is %: there is no way back',
      p_change, v_change.table_name, v_change.state
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'It can be taken back from the cut-over to its end, with reverse expressions.';
  END IF;
  PERFORM migrations.execute_briefly(v_change.shadow_table,
    ARRAY[format('SELECT migrations.shadow_swap(%L, true)', p_change)],
    p_lock_timeout, p_attempts, p_pause);
  UPDATE migrations.online_changes c
     SET state = 'copied', position = NULL, error_message = NULL, updated_at = clock_timestamp()
   WHERE c.change_id = p_change;
END;
$$;

-- Ends it: first the old table is no longer kept in step, then it is dropped. Returns the state that
-- the step led to; call it until that is done.
CREATE FUNCTION migrations.shadow_finish(
  p_change UUID,
  p_lock_timeout INTERVAL DEFAULT '50 milliseconds',
  p_attempts INT DEFAULT 20,
  p_pause INTERVAL DEFAULT '250 milliseconds'
)
RETURNS TEXT
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'shadow');
  v_statements TEXT[] := '{}';
  v_state TEXT;
BEGIN
  IF v_change.state = 'done' THEN
    RETURN v_change.state;
  ELSIF v_change.state = 'cut_over' THEN
    v_state := 'detached';
    IF v_change.reverse_expressions IS NOT NULL THEN
      v_statements := ARRAY[
        format('SELECT migrations.drop_sync_triggers(%L, %L)', v_change.shadow_table,
          migrations.sync_name(p_change, true))];
    END IF;
    -- A sequence that both tables use must not go with the old one.
    v_statements := v_statements || ARRAY(
      SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', s.sequence, v_change.shadow_table, s.column_name)
        FROM migrations.owned_sequences(v_change.source_table) s
        JOIN pg_attribute a
          ON a.attrelid = v_change.shadow_table AND a.attname = s.column_name AND NOT a.attisdropped
       WHERE s.shared);
    PERFORM migrations.execute_briefly(
      v_change.shadow_table, v_statements, p_lock_timeout, p_attempts, p_pause);
  ELSIF v_change.state = 'detached' THEN
    v_state := 'done';
    PERFORM migrations.execute_briefly(v_change.source_table,
      ARRAY[format('DROP TABLE %s', v_change.source_table)]
        || migrations.drop_sync_functions(v_change),
      p_lock_timeout, p_attempts, p_pause);
  ELSE
    RAISE EXCEPTION 'Online change % of table % is %', p_change, v_change.table_name, v_change.state
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'It can be finished when it is cut over; before, migrations.shadow_abandon() it.';
  END IF;
  UPDATE migrations.online_changes c
     SET state = v_state, error_message = NULL, updated_at = clock_timestamp(),
         finished_at = CASE WHEN v_state = 'done' THEN clock_timestamp() END
   WHERE c.change_id = p_change;
  RETURN v_state;
END;
$$;

-- Ends it before the cut-over, or after it was taken back: the shadow goes, the table stays.
CREATE FUNCTION migrations.shadow_abandon(
  p_change UUID,
  p_lock_timeout INTERVAL DEFAULT '50 milliseconds',
  p_attempts INT DEFAULT 20,
  p_pause INTERVAL DEFAULT '250 milliseconds'
)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'shadow');
BEGIN
  IF v_change.state NOT IN ('copying', 'copied', 'verified') THEN
    RAISE EXCEPTION 'Online change % of table % is %', p_change, v_change.table_name, v_change.state
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'After the cut-over, take it back first: migrations.shadow_cut_back().';
  END IF;
  PERFORM migrations.execute_briefly(v_change.source_table,
    ARRAY[
      format('SELECT migrations.drop_sync_triggers(%L, %L)', v_change.source_table,
        migrations.sync_name(p_change, false)),
      format('DROP TABLE %s', v_change.shadow_table)] || migrations.drop_sync_functions(v_change),
    p_lock_timeout, p_attempts, p_pause);
  UPDATE migrations.online_changes c
     SET state = 'abandoned', updated_at = clock_timestamp(), finished_at = clock_timestamp()
   WHERE c.change_id = p_change;
END;
$$;

CREATE FUNCTION migrations.drop_sync_functions(p_change migrations.online_changes)
RETURNS TEXT[]
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT array_agg(format('DROP FUNCTION migrations.%I()', p.proname))
    FROM pg_proc p
   WHERE p.pronamespace = 'migrations'::regnamespace
     AND p.proname IN (migrations.sync_name(p_change.change_id, false),
                       migrations.sync_name(p_change.change_id, true));
$$;
