-- kind: function
-- A table gets another structure while it is in use: a shadow with the new structure is kept in
-- step by triggers, filled batch by batch, compared, and put in the table's place in a moment.
-- From then on the old table is kept in step, so that the swap can be taken back.
--
-- Longer than scripts are here: triggers, copy and swap are only right together. The second half is
-- 4.3.0.
--
-- SELECT migrations.restructure_table_shadow('app.jobs', 'id BIGINT PRIMARY KEY, body JSONB NOT NULL',
--          '{"body": "body::jsonb"}', '{"body": "body::text"}');
-- SELECT * FROM migrations.shadow_copy_batch(change, 1000);    -- until state is no longer 'copying'
-- SELECT * FROM migrations.shadow_verify_batch(change, 5000);  -- until done
-- SELECT migrations.shadow_cut_over(change);
-- SELECT migrations.shadow_cut_back(change);  -- or migrations.shadow_finish(change)
--
-- Each call is a transaction of its own. Why no write is lost:
-- The triggers are there before the first row is copied, and write in the writer's transaction. A
-- copied row never replaces one that a trigger wrote. The copy keeps the rows that it reads from
-- being deleted until it commits: else a row that is deleted in between, of which the trigger finds
-- nothing in the shadow yet, would come back. A writer on an older snapshot, which cannot see what
-- was copied since, gets a serialization failure, as from any other concurrent write.
--
-- Objects that are not handled are refused by name: see migrations.shadow_obstacles().

-- Which columns of a table are written from the rows of another one, and by which expressions: those
-- of p_expressions, and those that both have by the same name.
CREATE FUNCTION migrations.shadow_mapping(
  p_from REGCLASS,
  p_to REGCLASS,
  p_expressions JSONB,
  OUT columns NAME[],
  OUT expressions TEXT[],
  OUT types TEXT[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_unknown TEXT;
BEGIN
  IF jsonb_typeof(p_expressions) <> 'object' OR EXISTS (
    SELECT FROM jsonb_each(p_expressions) e WHERE jsonb_typeof(e.value) <> 'string') THEN
    RAISE EXCEPTION 'The expressions are no JSON object of strings'
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give {"column": "expression over the other table''s columns"}.';
  END IF;
  SELECT string_agg(k.name, ', ') INTO v_unknown
    FROM jsonb_object_keys(p_expressions) AS k (name)
   WHERE NOT EXISTS (SELECT FROM pg_attribute a
                      WHERE a.attrelid = p_to AND a.attname = k.name AND a.attnum > 0
                        AND NOT a.attisdropped AND a.attgenerated = '');
  IF v_unknown IS NOT NULL THEN
    RAISE EXCEPTION 'Expressions are given for %, which % cannot be given a value for',
      v_unknown, p_to
      USING ERRCODE = 'undefined_column', HINT = 'Name columns of the table that are not generated.';
  END IF;
  SELECT array_agg(a.attname ORDER BY a.attnum),
         array_agg(coalesce(
             migrations.checked_expression('The expression of column ' || a.attname,
               p_expressions ->> a.attname::text),
             format('source.%I', a.attname)) ORDER BY a.attnum),
         array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
    INTO columns, expressions, types
    FROM pg_attribute a
   WHERE a.attrelid = p_to AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     AND (p_expressions ? a.attname::text
          OR EXISTS (SELECT FROM pg_attribute f
                      WHERE f.attrelid = p_from AND f.attname = a.attname AND f.attnum > 0
                        AND NOT f.attisdropped));
END;
$$;

-- The statement that writes rows of one table into another, from "… AS source" onwards left to the
-- caller: its head and its tail.
CREATE FUNCTION migrations.shadow_insert(
  p_from REGCLASS,
  p_to REGCLASS,
  p_key NAME[],
  p_expressions JSONB,
  OUT head TEXT,
  OUT tail TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT format('INSERT INTO %s AS target (%s) OVERRIDING SYSTEM VALUE SELECT %s', p_to,
           string_agg(format('%I', c.name), ', ' ORDER BY c.place),
           string_agg(format('(%s)', c.expression), ', ' ORDER BY c.place)),
         format('ON CONFLICT (%s) DO %s',
           (SELECT string_agg(format('%I', k), ', ') FROM unnest(p_key) AS k),
           coalesce('UPDATE SET ' || string_agg(format('%I = excluded.%1$I', c.name), ', '
             ORDER BY c.place) FILTER (WHERE c.name <> ALL (p_key)), 'NOTHING'))
    FROM migrations.shadow_mapping(p_from, p_to, p_expressions) AS m
   CROSS JOIN LATERAL unnest(m.columns, m.expressions) WITH ORDINALITY AS c (name, expression, place);
$$;

-- The name of a change's trigger and function; of those that lead back where p_back.
CREATE FUNCTION migrations.sync_name(p_change UUID, p_back BOOLEAN)
RETURNS NAME
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (CASE WHEN p_back THEN 'zz_back_' ELSE 'zz_sync_' END || replace(p_change::text, '-', ''))::NAME;

-- Makes the function that takes what happens to p_from over to p_to. It runs with its owner's
-- rights, since those who may write the one table need not be able to write the other.
CREATE FUNCTION migrations.create_sync_function(
  p_name NAME,
  p_from REGCLASS,
  p_to REGCLASS,
  -- The names of the tables when it runs.
  p_from_name TEXT,
  p_to_name TEXT,
  p_key NAME[],
  p_expressions JSONB
)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_insert RECORD;
  v_of_old TEXT;
  v_in_from TEXT;
  v_moved TEXT;
BEGIN
  SELECT * INTO v_insert FROM migrations.shadow_insert(p_from, p_to, p_key, p_expressions);
  -- Better refused now than in a writer's transaction.
  EXECUTE format('EXPLAIN %s FROM %s AS source %s', v_insert.head, p_from, v_insert.tail);
  SELECT string_agg(format('target.%I = (OLD.%1$I)::%s', a.attname,
             format_type(a.atttypid, a.atttypmod)), ' AND '),
         string_agg(format('source.%I = OLD.%1$I', a.attname), ' AND '),
         string_agg(format('OLD.%I IS DISTINCT FROM NEW.%1$I', a.attname), ' OR ')
    INTO v_of_old, v_in_from, v_moved
    FROM unnest(p_key) AS k (name)
    JOIN pg_attribute a ON a.attrelid = p_to AND a.attname = k.name;
  EXECUTE format(
    'CREATE FUNCTION migrations.%I() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER'
      ' SET search_path = pg_catalog, pg_temp SET row_security = off AS %L',
    p_name,
    format(
      $body$#variable_conflict use_column
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    TRUNCATE %1$s;
    RETURN NULL;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    %2$s FROM (SELECT NEW.*) AS source
    %3$s;
  END IF;
  IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND (%4$s) THEN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      -- On an old snapshot the row to delete may be there unseen: let the key's uniqueness tell.
      %2$s FROM (SELECT OLD.*) AS source
      %3$s;
    END IF;
    -- Unless the statement gave the key to another row.
    DELETE FROM %1$s AS target
     WHERE %5$s
       AND NOT EXISTS (SELECT FROM %6$s AS source WHERE %7$s);
  END IF;
  RETURN NULL;
END;$body$,
      p_to_name,
      replace(v_insert.head, 'INTO ' || p_to || ' AS', 'INTO ' || p_to_name || ' AS'),
      v_insert.tail, v_moved, v_of_old, p_from_name, v_in_from));
  EXECUTE format('REVOKE ALL ON FUNCTION migrations.%I() FROM PUBLIC', p_name);
END;
$$;

-- The statements that let a table be followed by another. They fire for replicated writes too.
CREATE FUNCTION migrations.sync_triggers(p_name NAME, p_table TEXT)
RETURNS TEXT[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog
AS $$
  SELECT ARRAY[
    format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW'
             ' EXECUTE FUNCTION migrations.%1$I()', p_name, p_table),
    format('CREATE TRIGGER %I AFTER TRUNCATE ON %s FOR EACH STATEMENT'
             ' EXECUTE FUNCTION migrations.%I()', p_name || '_t', p_table, p_name),
    format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', p_table, p_name),
    format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', p_table, p_name || '_t')];
$$;

-- The obstacles to restructuring a table through a shadow; no row if there is none.
CREATE FUNCTION migrations.shadow_obstacles(p_table REGCLASS)
RETURNS TABLE (obstacle TEXT, remedy TEXT)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT 'it inherits, or is inherited from', 'end the inheritance first'
    FROM pg_class c
   WHERE c.oid = p_table AND c.relkind = 'r' AND NOT c.relispartition
     AND EXISTS (SELECT FROM pg_inherits i WHERE p_table IN (i.inhparent, i.inhrelid))
  UNION ALL
  SELECT 'row-level security is on', 'the shadow would be without its policies'
    FROM pg_class c
   WHERE c.oid = p_table
     AND (c.relrowsecurity OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = p_table))
  UNION ALL
  SELECT format('publication %I has it', p.pubname), 'take it out, and put the new table in'
    FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
   WHERE r.prrelid = p_table
  UNION ALL
  SELECT format('trigger %I is not enabled as triggers are', t.tgname), 'enable or drop it first'
    FROM pg_trigger t
   WHERE t.tgrelid = p_table AND NOT t.tgisinternal AND t.tgenabled <> 'O'
     AND t.tgname NOT LIKE 'zz\_sync\_%' AND t.tgname NOT LIKE 'zz\_back\_%'
  UNION ALL
  -- They follow the table that they were made with, whatever it is called: foreign keys, views,
  -- rules, functions, others' policies and columns of its row type.
  SELECT DISTINCT coalesce(
           (SELECT format('view %s reads it', w.ev_class::regclass) FROM pg_rewrite w
             WHERE d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
               AND w.ev_class <> p_table),
           (SELECT format('foreign key %I of %s refers to it', k.conname, k.conrelid::regclass)
              FROM pg_constraint k
             WHERE d.classid = 'pg_constraint'::regclass AND k.oid = d.objid),
           pg_describe_object(d.classid, d.objid, d.objsubid) || ' depends on it'),
         'drop it, and make it again after the cut-over'
    FROM pg_depend d
   WHERE (d.refclassid = 'pg_class'::regclass AND d.refobjid = p_table
          OR d.refclassid = 'pg_type'::regclass
             AND d.refobjid IN (SELECT c.reltype FROM pg_class c WHERE c.oid = p_table
                                UNION ALL
                                SELECT y.typarray FROM pg_class c JOIN pg_type y ON y.oid = c.reltype
                                 WHERE c.oid = p_table))
     AND d.deptype = 'n'
     AND NOT (d.classid = 'pg_trigger'::regclass
              AND EXISTS (SELECT FROM pg_trigger t WHERE t.oid = d.objid AND t.tgrelid = p_table))
     AND NOT (d.classid = 'pg_policy'::regclass
              AND EXISTS (SELECT FROM pg_policy p WHERE p.oid = d.objid AND p.polrelid = p_table))
     AND NOT (d.classid = 'pg_attrdef'::regclass
              AND EXISTS (SELECT FROM pg_attrdef f WHERE f.oid = d.objid AND f.adrelid = p_table))
     AND NOT (d.classid = 'pg_class'::regclass
              AND EXISTS (SELECT FROM pg_index i
                           WHERE i.indexrelid = d.objid AND i.indrelid = p_table))
     AND NOT (d.classid = 'pg_constraint'::regclass
              AND EXISTS (SELECT FROM pg_constraint k
                           WHERE k.oid = d.objid AND k.conrelid = p_table
                             AND (k.contype <> 'f' OR k.confrelid <> p_table)));
$$;

CREATE FUNCTION migrations.refuse_shadow_obstacles(p_table REGCLASS)
RETURNS VOID
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_obstacles TEXT;
BEGIN
  SELECT string_agg(format('%s (%s)', o.obstacle, o.remedy), '; ' ORDER BY o.obstacle)
    INTO v_obstacles
    FROM migrations.shadow_obstacles(p_table) o;
  IF v_obstacles IS NOT NULL THEN
    RAISE EXCEPTION 'Table % cannot be swapped with a shadow: %', p_table, v_obstacles
      USING ERRCODE = 'feature_not_supported', HINT = 'Nothing was changed.';
  END IF;
END;
$$;

-- Gives those who may use one relation the same rights on another, column by column too.
CREATE FUNCTION migrations.copy_grants(p_from REGCLASS, p_to REGCLASS)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_grant RECORD;
BEGIN
  FOR v_grant IN
    SELECT x.privilege_type || '' AS privilege, x.grantee, x.is_grantable, c.relkind
      FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) x
     WHERE c.oid = p_from AND x.grantee <> c.relowner
    UNION ALL
    SELECT format('%s (%I)', x.privilege_type, a.attname), x.grantee, x.is_grantable, 'r'
      FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) x
      JOIN pg_attribute b ON b.attrelid = p_to AND b.attname = a.attname AND NOT b.attisdropped
     WHERE a.attrelid = p_from AND NOT a.attisdropped
  LOOP
    EXECUTE format('GRANT %s ON %s %s TO %s%s', v_grant.privilege,
      CASE v_grant.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, p_to,
      CASE v_grant.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(v_grant.grantee)) END,
      CASE WHEN v_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
END;
$$;

-- Everything that begins a restructuring, to be done in one short go: a foreign key of the shadow
-- locks the table that it refers to.
CREATE FUNCTION migrations.shadow_begin(
  p_change UUID,
  p_table REGCLASS,
  p_definition TEXT,
  p_forward JSONB,
  p_reverse JSONB
)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_source pg_class;
  v_schema TEXT;
  v_shadow_name NAME;
  v_old_name NAME;
  v_shadow REGCLASS;
  v_key NAME[];
  v_names TEXT;
  v_trigger RECORD;
  v_text TEXT;
  v_full BOOLEAN;
BEGIN
  IF EXISTS (SELECT FROM pg_class c
              WHERE c.oid = p_table
                AND (c.relkind <> 'r' OR c.relispartition OR c.relpersistence = 't')) THEN
    RAISE EXCEPTION '% is no plain, permanent table', p_table
      USING ERRCODE = 'wrong_object_type',
            HINT = 'Views, partitions, partitioned and temporary tables cannot be restructured.';
  END IF;
  PERFORM migrations.refuse_shadow_obstacles(p_table);
  v_key := migrations.key_columns(p_table);
  SELECT c.* INTO v_source FROM pg_class c WHERE c.oid = p_table;
  SELECT quote_ident(n.nspname) INTO v_schema FROM pg_namespace n WHERE n.oid = v_source.relnamespace;
  IF octet_length(v_source.relname) > 55 THEN
    RAISE EXCEPTION 'The name of table % is too long', p_table
      USING ERRCODE = 'name_too_long', HINT = 'It needs room for _shadow: use at most 55 bytes.';
  END IF;
  v_shadow_name := v_source.relname || '_shadow';
  v_old_name := v_source.relname || '_old';
  IF to_regclass(format('%s.%I', v_schema, v_old_name)) IS NOT NULL THEN
    RAISE EXCEPTION 'There is a relation %.% already', v_schema, v_old_name
      USING ERRCODE = 'duplicate_table',
            HINT = 'The table is to be called so after the cut-over: rename or drop what is.';
  END IF;
  IF p_definition IS NOT NULL THEN
    v_text := migrations.checked_expression('The definition', p_definition);
    EXECUTE format('CREATE TABLE %s.%I (%s)', v_schema, v_shadow_name, v_text);
  END IF;
  v_shadow := to_regclass(format('%s.%I', v_schema, v_shadow_name));
  IF v_shadow IS NULL THEN
    RAISE EXCEPTION 'There is no table %.%', v_schema, v_shadow_name
      USING ERRCODE = 'undefined_table',
            HINT = 'Create it with the new structure, or give a definition.';
  END IF;
  EXECUTE format('SELECT EXISTS (SELECT FROM %s)', v_shadow) INTO v_full;
  IF v_full THEN
    RAISE EXCEPTION 'Table % is not empty', v_shadow
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Empty it, or drop it.';
  END IF;

  -- The same keys in the same order: else a range of one is no range of the other.
  IF migrations.key_columns(v_shadow) <> v_key OR p_forward ?| v_key::TEXT[]
    OR p_reverse ?| v_key::TEXT[]
    OR EXISTS (
      SELECT FROM unnest(v_key) AS k (name)
        JOIN pg_attribute a ON a.attrelid = p_table AND a.attname = k.name
        JOIN pg_attribute b ON b.attrelid = v_shadow AND b.attname = k.name
       WHERE (a.atttypid <> b.atttypid OR a.attcollation <> b.attcollation)
         AND NOT (a.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                  AND b.atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype))) THEN
    RAISE EXCEPTION 'The primary key of % is not that of %', v_shadow, p_table
      USING ERRCODE = 'feature_not_supported',
            HINT = 'Keep its columns, their order and types (integers may change size), '
                   'and give no expressions for them.';
  END IF;
  -- Columns that have something to say, and nowhere to go on the way back.
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO v_names
    FROM pg_attribute a
   WHERE p_reverse IS NOT NULL
     AND a.attrelid = p_table AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     AND NOT p_reverse ? a.attname::text
     AND (p_forward ? a.attname::text
          OR a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
             AND NOT EXISTS (SELECT FROM pg_attribute b
                              WHERE b.attrelid = v_shadow AND b.attname = a.attname
                                AND b.attnum > 0 AND NOT b.attisdropped));
  IF v_names IS NOT NULL THEN
    RAISE EXCEPTION 'Nothing says how to fill % of % on the way back', v_names, p_table
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give expressions over the new columns, or null to go without a way back.';
  END IF;

  PERFORM migrations.copy_grants(p_table, v_shadow);
  IF (SELECT c.relowner <> v_source.relowner FROM pg_class c WHERE c.oid = v_shadow) THEN
    EXECUTE format('ALTER TABLE %s OWNER TO %I', v_shadow, pg_get_userbyid(v_source.relowner));
  END IF;
  -- The table's own triggers work on whichever of the two is in use: the other one is given the
  -- results.
  IF p_definition IS NOT NULL THEN
    FOR v_trigger IN
      SELECT pg_get_triggerdef(t.oid) AS definition FROM pg_trigger t
       WHERE t.tgrelid = p_table AND NOT t.tgisinternal ORDER BY t.tgname
    LOOP
      v_text := format(' ON %s ', p_table);
      EXECUTE overlay(v_trigger.definition PLACING format(' ON %s ', v_shadow)
        FROM position(v_text IN v_trigger.definition) FOR length(v_text));
    END LOOP;
  END IF;
  SELECT string_agg(quote_ident(t.tgname), ', ') INTO v_names
    FROM pg_trigger t
   WHERE t.tgrelid = p_table AND NOT t.tgisinternal
     AND NOT EXISTS (SELECT FROM pg_trigger s
                      WHERE s.tgrelid = v_shadow AND s.tgname = t.tgname AND NOT s.tgisinternal);
  IF v_names IS NOT NULL THEN
    RAISE EXCEPTION 'Table % lacks the triggers % of %', v_shadow, v_names, p_table
      USING ERRCODE = 'feature_not_supported',
            HINT = 'Create them on it too; they stay disabled until the cut-over.';
  END IF;
  EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', v_shadow);

  INSERT INTO migrations.online_changes
         (change_id, kind, table_name, source_table, shadow_table, shadow_name, old_name,
          forward_expressions, reverse_expressions, state)
  VALUES (p_change, 'shadow', p_table::text, p_table, v_shadow, v_shadow_name, v_old_name,
          p_forward, p_reverse, 'copying');
  PERFORM migrations.create_sync_function(migrations.sync_name(p_change, false),
    p_table, v_shadow, p_table::text, v_shadow::text, v_key, p_forward);
  IF p_reverse IS NOT NULL THEN
    PERFORM migrations.create_sync_function(migrations.sync_name(p_change, true),
      v_shadow, p_table, p_table::text, format('%s.%I', v_schema, v_old_name), v_key, p_reverse);
  END IF;
  FOREACH v_text IN ARRAY
    migrations.sync_triggers(migrations.sync_name(p_change, false), p_table::text)
  LOOP
    EXECUTE v_text;
  END LOOP;
END;
$$;

-- Begins: makes the shadow and the triggers that keep it in step. Returns the id of the change; of
-- the one that is open, where there is one.
--   p_definition  the text between the parentheses of CREATE TABLE: columns and constraints, for
--                 instance "LIKE app.jobs INCLUDING ALL, weight INT". Null where the table <name>_shadow
--                 is there already, empty, with everything that the new table shall have.
--   p_forward     an expression over the table's columns for each column of the shadow that is not
--                 simply the column of the same name; deterministic
--   p_reverse     the same for the way back, {} where columns of the same name will do; null to go
--                 without a way back
CREATE FUNCTION migrations.restructure_table_shadow(
  p_table REGCLASS,
  p_definition TEXT,
  p_forward JSONB DEFAULT '{}',
  p_reverse JSONB DEFAULT '{}',
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
  v_id UUID := gen_random_uuid();
BEGIN
  PERFORM migrations.lock_online_start(p_table);
  SELECT c.* INTO v_change FROM migrations.online_changes c
   WHERE c.kind = 'shadow' AND p_table IN (c.source_table, c.shadow_table)
     AND c.finished_at IS NULL;
  IF FOUND THEN
    IF (v_change.forward_expressions, v_change.reverse_expressions)
       IS DISTINCT FROM (p_forward, p_reverse) THEN
      RAISE EXCEPTION 'Table % is being restructured with other expressions, by online change %',
        p_table, v_change.change_id
        USING ERRCODE = 'duplicate_table',
              HINT = 'Finish it as it was begun, or migrations.shadow_abandon() it first.';
    END IF;
    RETURN v_change.change_id;
  END IF;

  PERFORM migrations.execute_briefly(p_table,
    ARRAY[format('SELECT migrations.shadow_begin(%L, %L, %L, %L, %L)',
      v_id, p_table, p_definition, p_forward, p_reverse)],
    p_lock_timeout, p_attempts, p_pause);
  RETURN v_id;
END;
$$;
