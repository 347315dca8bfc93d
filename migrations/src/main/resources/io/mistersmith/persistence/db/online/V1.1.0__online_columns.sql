-- kind: function
-- A column is added to a table in use: nullable and with its default in a moment, then filled batch
-- by batch in the order of the primary key, then NOT NULL by way of a validated check.
--
-- SELECT migrations.add_column_online('app.jobs', 'weight', 'INT', '1', p_not_null => TRUE);
-- SELECT * FROM migrations.backfill_batch(change, 1000);  -- until state is no longer 'filling'
-- SELECT migrations.finish_column_online(change);         -- until it returns 'done'
--
-- Each call is a transaction of its own. Until the column is done, a NULL in it means that the row
-- is yet to be filled. The filling updates rows, and fires the triggers of the table.

-- Begins to add a column, or finds the change that did, and returns its id.
--   p_default  for rows written from now on, an expression without columns
--   p_fill     for the rows that are there, an expression over their columns; the default if null.
--              Without a default it also fills what is written while the change goes on.
CREATE FUNCTION migrations.add_column_online(
  p_table REGCLASS,
  p_column NAME,
  p_type TEXT,
  p_default TEXT DEFAULT NULL,
  p_fill TEXT DEFAULT NULL,
  p_not_null BOOLEAN DEFAULT FALSE,
  p_lock_timeout INTERVAL DEFAULT '50 milliseconds',
  p_attempts INT DEFAULT 20,
  p_pause INTERVAL DEFAULT '250 milliseconds'
)
RETURNS UUID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_change migrations.online_changes;
  v_fill TEXT := coalesce(p_fill, p_default);
  v_relation pg_class;
  v_statements TEXT[];
  v_function TEXT;
BEGIN
  IF p_column !~ '^[[:alpha:]_][[:alnum:]_]*$' THEN
    RAISE EXCEPTION '% is no plain name of a column', quote_literal(p_column)
      USING ERRCODE = 'invalid_name', HINT = 'Use letters, digits and underscores.';
  END IF;
  PERFORM migrations.checked_type(p_type),
          migrations.checked_expression('The default', p_default),
          migrations.checked_expression('The expression that fills the column', p_fill);
  PERFORM migrations.lock_online_start(p_table);
  SELECT c.* INTO v_change FROM migrations.online_changes c
   WHERE c.source_table = p_table AND c.kind = 'column' AND c.column_name = p_column
     AND c.state <> 'abandoned'
     AND EXISTS (SELECT FROM pg_attribute a
                  WHERE a.attrelid = p_table AND a.attname = p_column AND NOT a.attisdropped)
   ORDER BY c.started_at DESC LIMIT 1;
  IF FOUND THEN
    IF (v_change.column_type, v_change.default_expression, v_change.fill_expression,
        v_change.not_null) IS DISTINCT FROM (p_type, p_default, v_fill, p_not_null) THEN
      RAISE EXCEPTION 'Column % of % was begun with another definition, by online change %',
        p_column, p_table, v_change.change_id
        USING ERRCODE = 'duplicate_column',
              HINT = 'Finish it as it was begun, or migrations.abandon_column_online() it first.';
    END IF;
    RETURN v_change.change_id;
  END IF;

  SELECT c.* INTO v_relation FROM pg_class c WHERE c.oid = p_table;
  IF v_relation.relkind NOT IN ('r', 'p') OR v_relation.relispartition
    OR v_relation.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = p_table)
  THEN
    RAISE EXCEPTION '% is no table that a column can be added to online', p_table
      USING ERRCODE = 'wrong_object_type',
            HINT = 'Give a table: of a partition its parent, and none that others inherit from.';
  END IF;
  IF v_fill IS NOT NULL THEN
    PERFORM migrations.key_columns(p_table);
  ELSIF p_not_null THEN
    RAISE EXCEPTION 'Column % of % has nothing to be filled with, and shall be NOT NULL',
      p_column, p_table
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give a default, or what to fill it with.';
  END IF;

  INSERT INTO migrations.online_changes AS c
         (kind, table_name, source_table, column_name, column_type, default_expression,
          fill_expression, not_null, state)
  VALUES ('column', p_table::text, p_table, p_column, p_type, p_default, v_fill, p_not_null,
          CASE WHEN v_fill IS NULL THEN 'filled' ELSE 'filling' END)
  RETURNING c.* INTO v_change;

  -- A default given with ADD COLUMN would be evaluated for the rows that are there, and a volatile
  -- one rewrites the table; set afterwards it is for new rows only.
  v_statements := ARRAY[format('ALTER TABLE %s ADD COLUMN %I %s', p_table, p_column, p_type)];
  IF p_default IS NOT NULL THEN
    v_statements := v_statements || format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT (%s)',
      p_table, p_column, p_default);
  ELSIF p_fill IS NOT NULL THEN
    v_function := format('migrations.%I', migrations.fill_name(v_change.change_id));
    v_statements := v_statements || ARRAY[
      format(
        'CREATE FUNCTION %s() RETURNS TRIGGER LANGUAGE plpgsql SET search_path = pg_catalog AS %L',
        v_function,
        format(
          E'#variable_conflict use_column\nBEGIN\n'
            '  SELECT (%s) INTO NEW.%I FROM (SELECT NEW.*) AS t;\n  RETURN NEW;\nEND;',
          p_fill, p_column)),
      format('REVOKE ALL ON FUNCTION %s() FROM PUBLIC', v_function),
      format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE ON %s FOR EACH ROW WHEN (NEW.%I IS NULL)'
               ' EXECUTE FUNCTION %s()',
        migrations.fill_name(v_change.change_id), p_table, p_column, v_function)];
  END IF;
  PERFORM migrations.execute_briefly(p_table, v_statements, p_lock_timeout, p_attempts, p_pause);
  IF v_fill IS NOT NULL THEN
    -- Better refused now than in the middle.
    EXECUTE format('EXPLAIN UPDATE %s SET %I = (%s)', p_table, p_column, v_fill);
  END IF;
  RETURN v_change.change_id;
END;
$$;

-- The name of the trigger, and of its function, that fills what is written during a change. It
-- comes late among the triggers of a table, which fire by name.
CREATE FUNCTION migrations.fill_name(p_change UUID)
RETURNS NAME
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ('zz_fill_' || replace(p_change::text, '-', ''))::NAME;

-- Fills the next rows. Its commit does not wait for the disk, so as to keep the rows locked for no
-- longer than it takes: a crash loses the batch and its position together, and it is done again.
CREATE FUNCTION migrations.backfill_batch(
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
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'column');
  v_key NAME[];
  v_batch RECORD;
  v_keys RECORD;
BEGIN
  rows_seen := 0;
  rows_written := 0;
  state := v_change.state;
  IF state <> 'filling' THEN
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
    EXECUTE format('UPDATE %s AS t SET %I = (%s) WHERE %s AND %s AND t.%2$I IS NULL',
      v_change.source_table, v_change.column_name, v_change.fill_expression,
      CASE WHEN v_change.position IS NULL THEN 'true' ELSE v_keys.after END, v_keys.up_to)
      USING v_change.position, v_batch.place;
    GET DIAGNOSTICS rows_written = ROW_COUNT;
  END IF;
  IF rows_seen < p_size THEN
    state := 'filled';
  END IF;
  UPDATE migrations.online_changes c
     SET position = coalesce(v_batch.place, c.position),
         last_position = v_change.last_position, state = backfill_batch.state,
         rows_seen = c.rows_seen + backfill_batch.rows_seen,
         rows_written = c.rows_written + backfill_batch.rows_written,
         error_message = NULL, updated_at = clock_timestamp()
   WHERE c.change_id = p_change;
  PERFORM set_config('synchronous_commit', 'off', true);
END;
$$;

-- Does the next step once the rows are filled, and returns the state that it led to. A NULL that
-- is found by the validation leads back to 'filling', with new ones refused from then on.
CREATE FUNCTION migrations.finish_column_online(
  p_change UUID,
  p_lock_timeout INTERVAL DEFAULT '50 milliseconds',
  p_attempts INT DEFAULT 20,
  p_pause INTERVAL DEFAULT '250 milliseconds'
)
RETURNS TEXT
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $$
DECLARE
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'column');
  v_check NAME := ('online_not_null_' || replace(p_change::text, '-', ''))::NAME;
  v_state TEXT := v_change.state;
  v_statements TEXT[] := '{}';
BEGIN
  IF v_state IN ('done', 'abandoned') THEN
    RETURN v_state;
  ELSIF v_state = 'filling' THEN
    RAISE EXCEPTION 'Column % of % is not filled yet', v_change.column_name, v_change.table_name
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Call migrations.backfill_batch() until the state is filled.';
  ELSIF v_state = 'filled' AND v_change.not_null THEN
    -- A second round finds the check of the first.
    IF NOT EXISTS (SELECT FROM pg_constraint c
                    WHERE c.conrelid = v_change.source_table AND c.conname = v_check) THEN
      v_statements := ARRAY[
        format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%I IS NOT NULL) NOT VALID',
          v_change.source_table, v_check, v_change.column_name)];
    END IF;
    v_state := 'constrained';
  ELSIF v_state = 'constrained' THEN
    BEGIN
      -- Goes through the table, but keeps no reader and no writer out; nor does waiting for it.
      PERFORM migrations.execute_briefly(v_change.source_table,
        ARRAY[format('ALTER TABLE %s VALIDATE CONSTRAINT %I', v_change.source_table, v_check)],
        greatest(p_lock_timeout, INTERVAL '5 seconds'), p_attempts, p_pause);
      v_state := 'validated';
    EXCEPTION
      WHEN check_violation THEN
        v_state := 'filling';
    END;
  ELSE
    IF v_change.not_null THEN
      v_statements := ARRAY[
        format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL',
          v_change.source_table, v_change.column_name),
        format('ALTER TABLE %s DROP CONSTRAINT %I', v_change.source_table, v_check)];
    END IF;
    v_statements := v_statements || migrations.drop_fill_trigger(v_change);
    v_state := 'done';
  END IF;
  IF v_statements <> '{}' THEN
    PERFORM migrations.execute_briefly(
      v_change.source_table, v_statements, p_lock_timeout, p_attempts, p_pause);
  END IF;
  UPDATE migrations.online_changes c
     SET state = v_state, error_message = NULL, updated_at = clock_timestamp(),
         position = CASE WHEN v_state <> 'filling' THEN c.position END,
         finished_at = CASE WHEN v_state = 'done' THEN clock_timestamp() END
   WHERE c.change_id = p_change;
  RETURN v_state;
END;
$$;

-- The statements that remove what fills new rows; none where there is nothing.
CREATE FUNCTION migrations.drop_fill_trigger(p_change migrations.online_changes)
RETURNS TEXT[]
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT coalesce(array_agg(s.statement ORDER BY s.place), '{}')
    FROM pg_trigger t
   CROSS JOIN LATERAL (VALUES
           (1, format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass)),
           (2, format('DROP FUNCTION migrations.%I()', t.tgname))) AS s (place, statement)
   WHERE t.tgrelid = p_change.source_table
     AND t.tgname = migrations.fill_name(p_change.change_id);
$$;

-- Takes a column back that is not done yet, with what is in it.
CREATE FUNCTION migrations.abandon_column_online(
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
  v_change migrations.online_changes := migrations.lock_online_change(p_change, 'column');
BEGIN
  IF v_change.finished_at IS NOT NULL THEN
    RAISE EXCEPTION 'Online change % is %', p_change, v_change.state
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'What is done is taken back by ALTER TABLE … DROP COLUMN.';
  END IF;
  PERFORM migrations.execute_briefly(v_change.source_table,
    migrations.drop_fill_trigger(v_change)
      || format('ALTER TABLE %s DROP COLUMN %I', v_change.source_table, v_change.column_name),
    p_lock_timeout, p_attempts, p_pause);
  UPDATE migrations.online_changes c
     SET state = 'abandoned', updated_at = clock_timestamp(), finished_at = clock_timestamp()
   WHERE c.change_id = p_change;
END;
$$;
