-- kind: schema
-- depends-on: core 1.0.0
-- Changes of tables that go on while the tables are in use: how far each one is, and what they share.
--
-- The functions run with the rights of their caller, who must own the table in question.
-- Expressions that they take are SQL: give them none from a stranger.

CREATE SCHEMA IF NOT EXISTS migrations;

CREATE TABLE migrations.online_changes (
  change_id UUID NOT NULL DEFAULT gen_random_uuid(),
  kind VARCHAR(10) NOT NULL,
  -- For people; the tables themselves follow every renaming.
  table_name TEXT NOT NULL,
  source_table REGCLASS NOT NULL,
  -- For a column that is added.
  column_name NAME,
  column_type TEXT,
  default_expression TEXT,
  fill_expression TEXT,
  not_null BOOLEAN NOT NULL DEFAULT FALSE,
  -- For a table that gets another structure. An expression per column, first of the way there, then
  -- of the way back; null where there is none.
  shadow_table REGCLASS,
  shadow_name NAME,
  old_name NAME,
  forward_expressions JSONB,
  reverse_expressions JSONB,
  -- The last key that is done, each of its columns as text, and what that was.
  state VARCHAR(12) NOT NULL,
  position JSONB,
  -- The last key that there was when the first batch began: what came later needs no batch, and
  -- going after it might never end.
  last_position JSONB,
  rows_seen BIGINT NOT NULL DEFAULT 0,
  rows_written BIGINT NOT NULL DEFAULT 0,
  differences BIGINT NOT NULL DEFAULT 0,
  copied_at_xid XID8,
  error_message TEXT,
  started_by NAME NOT NULL DEFAULT CURRENT_USER,
  started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  finished_at TIMESTAMPTZ,
  CONSTRAINT online_changes_pkey PRIMARY KEY (change_id),
  CONSTRAINT valid_online_kind CHECK (kind IN ('column', 'shadow')),
  CONSTRAINT valid_online_state CHECK (
    state IN ('done', 'abandoned')
    OR (kind = 'column' AND state IN ('filling', 'filled', 'constrained', 'validated'))
    OR (kind = 'shadow' AND state IN ('copying', 'copied', 'verified', 'cut_over', 'detached'))
  ),
  CONSTRAINT valid_online_column CHECK (
    (kind = 'column') = (column_name IS NOT NULL AND column_type IS NOT NULL)
  ),
  CONSTRAINT valid_online_shadow CHECK (
    (kind = 'shadow')
      = (shadow_table IS NOT NULL AND shadow_name IS NOT NULL AND old_name IS NOT NULL)
  ),
  CONSTRAINT valid_online_position CHECK (jsonb_typeof(position) = 'object'),
  CONSTRAINT valid_online_last_position CHECK (jsonb_typeof(last_position) = 'object'),
  CONSTRAINT valid_online_rows
    CHECK (rows_seen >= 0 AND rows_written >= 0 AND rows_written <= rows_seen AND differences >= 0),
  CONSTRAINT valid_online_end CHECK ((finished_at IS NOT NULL) = (state IN ('done', 'abandoned')))
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- One change of a column, and one shadow of a table, at a time.
CREATE UNIQUE INDEX online_changes_open_key
  ON migrations.online_changes (source_table, kind, column_name) NULLS NOT DISTINCT
  WHERE finished_at IS NULL;

-- Returns the text where it is one expression, or one list, that cannot end the parentheses in
-- which it is put. That it means something is for the statement to find out that has it inside.
CREATE FUNCTION migrations.checked_expression(p_what TEXT, p_text TEXT)
RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $$
DECLARE
  v_bare TEXT;
  v_open TEXT := '';
  v_character TEXT;
BEGIN
  IF p_text IS NULL THEN
    RETURN NULL;
  END IF;
  -- Strings and quoted names are left out, from left to right; a mark stays of each.
  v_bare := regexp_replace(p_text, '''([^'']|'''')*''|"([^"]|"")*"', chr(1), 'g');
  IF v_bare ~* ('(^|[^[:alnum:]_])(e|u&)' || chr(1)) OR v_bare ~ '[;$\\"'']|--|/\*'
    OR btrim(p_text) = '' THEN
    RAISE EXCEPTION '% is no single expression: %', p_what, quote_literal(p_text)
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give one expression without ; comments, $ quotes and E or U& strings.';
  END IF;
  FOREACH v_character IN ARRAY
    regexp_split_to_array(regexp_replace(v_bare, '[^][()]', '', 'g'), '')
  LOOP
    IF v_character IN ('(', '[') THEN
      v_open := v_open || v_character;
    ELSIF v_character IN (')', ']') THEN
      IF right(v_open, 1) <> translate(v_character, ')]', '([') THEN
        v_open := 'x';
        EXIT;
      END IF;
      v_open := left(v_open, -1);
    END IF;
  END LOOP;
  IF v_open <> '' THEN
    RAISE EXCEPTION '% has parentheses that do not match: %', p_what, quote_literal(p_text)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Give one whole expression.';
  END IF;
  RETURN p_text;
END;
$$;

-- Returns the type's name, modifiers included, where a column of it can be added without a rewrite
-- of the table.
CREATE FUNCTION migrations.checked_type(p_type TEXT)
RETURNS TEXT
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_type REGTYPE;
  v_domain TEXT;
BEGIN
  -- Accepts one type's name and nothing else, so that nothing can follow it.
  v_type := CASE WHEN p_type !~ '--|/\*' THEN to_regtype(p_type) END;
  IF v_type IS NULL OR (SELECT t.typtype = 'p' FROM pg_type t WHERE t.oid = v_type) THEN
    RAISE EXCEPTION '% is no type of a column', quote_literal(p_type)
      USING ERRCODE = 'undefined_object',
            HINT = 'Give the name of one type, with its schema unless it is built in. serial is none.';
  END IF;
  WITH RECURSIVE bases AS (
    SELECT t.oid, t.typbasetype, t.typtype, t.typnotnull, t.typdefault
      FROM pg_type t WHERE t.oid = v_type
    UNION ALL
    SELECT t.oid, t.typbasetype, t.typtype, t.typnotnull, t.typdefault
      FROM bases b JOIN pg_type t ON t.oid = b.typbasetype
  )
  SELECT format_type(b.oid, NULL) INTO v_domain FROM bases b
   WHERE b.typtype = 'd'
     AND (b.typnotnull OR b.typdefault IS NOT NULL
          OR EXISTS (SELECT FROM pg_constraint c WHERE c.contypid = b.oid))
   LIMIT 1;
  IF v_domain IS NOT NULL THEN
    RAISE EXCEPTION 'Domain % has a constraint or a default: adding a column of it rewrites the table',
      v_domain
      USING ERRCODE = 'feature_not_supported',
            HINT = 'Add a column of the base type, with a constraint of its own.';
  END IF;
  RETURN p_type;
END;
$$;

-- The columns of a table's primary key, in the key's order.
CREATE FUNCTION migrations.key_columns(p_table REGCLASS)
RETURNS NAME[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_columns NAME[];
BEGIN
  SELECT array_agg(a.attname ORDER BY k.place) INTO v_columns
    FROM pg_index i
   CROSS JOIN LATERAL unnest(i.indkey::INT2[]) WITH ORDINALITY AS k (attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
   WHERE i.indrelid = p_table AND i.indisprimary AND k.place <= i.indnkeyatts;
  IF v_columns IS NULL THEN
    RAISE EXCEPTION 'Table % has no primary key', p_table
      USING ERRCODE = 'feature_not_supported',
            HINT = 'Rows are gone through by their key: give the table a primary key first.';
  END IF;
  RETURN v_columns;
END;
$$;

-- The parts of a statement that goes through a table (under the alias t) by its key: the columns,
-- the conditions to be after $1 and up to $2, and the position of a row.
CREATE FUNCTION migrations.keyset(
  p_table REGCLASS,
  p_key NAME[],
  OUT columns TEXT,
  OUT descending TEXT,
  OUT after TEXT,
  OUT up_to TEXT,
  OUT place TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place),
         string_agg(format('t.%I DESC', a.attname), ', ' ORDER BY k.place),
         format('(%s) > (%s)',
           string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place),
           string_agg(format('($1 ->> %L)::%s', a.attname, format_type(a.atttypid, a.atttypmod)),
             ', ' ORDER BY k.place)),
         format('(%s) <= (%s)',
           string_agg(format('t.%I', a.attname), ', ' ORDER BY k.place),
           string_agg(format('($2 ->> %L)::%s', a.attname, format_type(a.atttypid, a.atttypmod)),
             ', ' ORDER BY k.place)),
         format('jsonb_build_object(%s)',
           string_agg(format('%L, t.%I::text', a.attname, a.attname), ', ' ORDER BY k.place))
    FROM unnest(p_key) WITH ORDINALITY AS k (name, place)
    JOIN pg_attribute a ON a.attrelid = p_table AND a.attname = k.name AND NOT a.attisdropped;
$$;

-- The last key of a table; null where it is empty.
CREATE FUNCTION migrations.last_key(p_table REGCLASS, p_key NAME[])
RETURNS JSONB
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
DECLARE
  v_keys RECORD;
  v_place JSONB;
BEGIN
  SELECT * INTO v_keys FROM migrations.keyset(p_table, p_key);
  EXECUTE format('SELECT %s FROM %s AS t ORDER BY %s LIMIT 1',
    v_keys.place, p_table, v_keys.descending) INTO v_place;
  RETURN v_place;
END;
$$;

-- The end of the next batch after one key and up to another: its last key, and how many rows it has.
CREATE FUNCTION migrations.next_batch(
  p_table REGCLASS,
  p_key NAME[],
  p_after JSONB,
  p_up_to JSONB,
  p_size INT,
  OUT place JSONB,
  OUT size BIGINT
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
DECLARE
  v_keys RECORD;
BEGIN
  IF p_size IS NULL OR p_size < 1 THEN
    RAISE EXCEPTION 'The batch size is %: use 1 or more', p_size
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT * INTO v_keys FROM migrations.keyset(p_table, p_key);
  EXECUTE format(
    'SELECT %1$s, count(*) OVER ()
       FROM (SELECT %2$s FROM %3$s AS t WHERE %4$s AND %5$s ORDER BY %2$s LIMIT $3) AS t
      ORDER BY %6$s LIMIT 1',
    v_keys.place, v_keys.columns, p_table,
    CASE WHEN p_after IS NULL THEN 'true' ELSE v_keys.after END,
    CASE WHEN p_up_to IS NULL THEN 'true' ELSE v_keys.up_to END,
    v_keys.descending)
    INTO place, size USING p_after, p_up_to, p_size;
  size := coalesce(size, 0);
END;
$$;

-- Runs statements that need a strong lock for a moment: each attempt waits for the lock no longer
-- than p_lock_timeout, since everybody else queues behind who waits, and gives everything back
-- before the next one. Returns the number of the attempt that succeeded. Call it in a transaction
-- that holds no lock yet. Its commit does not wait for the disk, lest others wait for it too; it is
-- on disk no later than whatever is written to the table after it.
CREATE FUNCTION migrations.execute_briefly(
  p_table REGCLASS,
  p_statements TEXT[],
  p_lock_timeout INTERVAL,
  p_attempts INT,
  p_pause INTERVAL
)
RETURNS INT
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET lock_timeout = 0
AS $$
DECLARE
  v_statement TEXT;
  v_millis BIGINT := (extract(epoch FROM p_lock_timeout) * 1000)::BIGINT;
  v_holders TEXT;
BEGIN
  IF v_millis IS NULL OR v_millis < 1 OR p_attempts IS NULL OR p_attempts < 1 THEN
    RAISE EXCEPTION 'The lock timeout is %, the number of attempts %: use 1 ms and 1, or more',
      p_lock_timeout, p_attempts
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  BEGIN
    -- An autovacuum gives way only to who waits for longer than this, which most may not set.
    PERFORM set_config('deadlock_timeout', greatest(v_millis / 4, 1) || 'ms', true);
  EXCEPTION
    WHEN insufficient_privilege THEN
      RAISE DEBUG 'An autovacuum of % would not give way', p_table;
  END;
  FOR v_attempt IN 1 .. p_attempts LOOP
    BEGIN
      PERFORM set_config('lock_timeout', v_millis || 'ms', true);
      FOREACH v_statement IN ARRAY p_statements LOOP
        EXECUTE v_statement;
      END LOOP;
      PERFORM set_config('synchronous_commit', 'off', true);
      RETURN v_attempt;
    EXCEPTION
      WHEN lock_not_available OR deadlock_detected THEN
        IF v_attempt = p_attempts THEN
          SELECT string_agg(DISTINCT format('%s (%s)', l.pid, coalesce(a.backend_type, 'unknown')), ', ')
            INTO v_holders
            FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
           WHERE l.relation = p_table AND l.granted AND l.pid <> pg_backend_pid();
          RAISE EXCEPTION 'Table % could not be locked in % attempts of % ms: %; used by process %',
            p_table, p_attempts, v_millis, SQLERRM, coalesce(v_holders, 'none any more')
            USING ERRCODE = 'lock_not_available',
                  HINT = 'Nothing was changed. Try again when the transactions are over.';
        END IF;
    END;
    PERFORM pg_sleep(extract(epoch FROM p_pause) * (0.5 + random() / 2));
  END LOOP;
  RETURN NULL;
END;
$$;

-- Notes for operators why a change does not go on; the next batch clears it.
CREATE FUNCTION migrations.note_online_error(p_change UUID, p_message TEXT)
RETURNS VOID
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  UPDATE migrations.online_changes
     SET error_message = p_message, updated_at = clock_timestamp()
   WHERE change_id = p_change AND finished_at IS NULL;
$$;

-- Lets two who begin a change of the same table do so one after the other.
CREATE FUNCTION migrations.lock_online_start(p_table REGCLASS)
RETURNS VOID
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('migrations.online_changes ' || p_table::oid, 0));
$$;

-- The change, locked against everybody else who would go on with it.
CREATE FUNCTION migrations.lock_online_change(p_change UUID, p_kind TEXT)
RETURNS migrations.online_changes
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_change migrations.online_changes;
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'Online changes need transactions of isolation level read committed, not %',
      current_setting('transaction_isolation')
      USING ERRCODE = 'active_sql_transaction';
  END IF;
  SELECT c.* INTO v_change FROM migrations.online_changes c
   WHERE c.change_id = p_change AND c.kind = p_kind
     FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'There is no online change % of kind %', p_change, p_kind
      USING ERRCODE = 'no_data_found', HINT = 'See migrations.online_changes.';
  END IF;
  IF v_change.finished_at IS NULL
    AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = v_change.source_table) THEN
    RAISE EXCEPTION 'Table % of online change % is gone', v_change.table_name, p_change
      USING ERRCODE = 'undefined_table';
  END IF;
  RETURN v_change;
END;
$$;
