-- kind: function
-- The trigger function that writes the log, and what it masks before.
--
-- The flush takes SQLSTATE classes 22, 23, 44, 54 and P0 for bad data and files the entry as a dead
-- letter. A log that cannot be written is nothing of the kind: whatever fails in here, other than
-- what a retry heals by itself, is raised as 58A01, a fault of the system. The flush then waits and
-- tries again, and nothing that was acknowledged is set aside because of the audit.

-- Masks the values of the keys that end with the pattern, a regular expression, at any depth.
--
-- Works on the text of the document, since a walk by recursion ends at the stack's limit and one by
-- queries copies a deep document again and again. In that text an unescaped quote followed by a
-- colon ends a key and nothing else. NULL stays: that there is nothing is no secret.
CREATE FUNCTION audit.redact(p_document JSONB, p_pattern TEXT)
RETURNS JSONB
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  c_mask CONSTANT TEXT := '"***REDACTED***"';
  v_text TEXT := p_document::text;
  v_hit RECORD;
BEGIN
  IF v_text !~* ('(' || p_pattern || ')": ') THEN
    RETURN p_document;
  END IF;
  -- Objects and arrays, the outermost first.
  IF v_text ~* ('(' || p_pattern || ')": [\[{]') THEN
    FOR v_hit IN
      SELECT to_json(h.pair ->> 'key')::text AS key, (h.pair -> 'value')::text AS value
        FROM jsonb_path_query(
               p_document,
               format(
                 'strict $.** ? (@.type() == "object").keyvalue()'
                   ' ? (@.key like_regex %s flag "i")'
                   ' ? (@.value.type() == "object" || @.value.type() == "array")',
                 to_json('(' || p_pattern || ')$')
               )::jsonpath
             ) AS h (pair)
       ORDER BY length((h.pair -> 'value')::text) DESC
    LOOP
      v_text := replace(v_text, v_hit.key || ': ' || v_hit.value, v_hit.key || ': ' || c_mask);
    END LOOP;
  END IF;
  RETURN regexp_replace(
    v_text,
    '(' || p_pattern || ')": (?!null)("([^"\\]|\\.)*"|[^][{}",\s]+)',
    '\1": ' || c_mask,
    'gi'
  )::jsonb;
END;
$$;

-- A row as the log may show it, by the rules in audit.redactions.
CREATE FUNCTION audit.redact_row(p_schema TEXT, p_table TEXT, p_row JSONB)
RETURNS JSONB
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_row JSONB := p_row;
  v_pattern TEXT;
  v_rule RECORD;
BEGIN
  SELECT string_agg(r.key_pattern, '|')
    INTO v_pattern
    FROM audit.redactions r
   WHERE r.column_name IS NULL
     AND (r.table_name IS NULL OR (r.table_schema, r.table_name) = (p_schema, p_table));
  FOR v_rule IN
    SELECT r.column_name, r.key_pattern, r.named_by
      FROM audit.redactions r
     WHERE r.column_name IS NOT NULL
       AND (r.table_name IS NULL OR (r.table_schema, r.table_name) = (p_schema, p_table))
       AND p_row ? r.column_name
  LOOP
    IF v_rule.key_pattern IS NOT NULL THEN
      v_row := jsonb_set(
        v_row,
        ARRAY[v_rule.column_name],
        audit.redact(v_row -> v_rule.column_name, v_rule.key_pattern)
      );
    ELSIF v_rule.named_by IS NULL
      OR (p_row ->> v_rule.named_by) ~* ('(' || v_pattern || ')$')
    THEN
      v_row := jsonb_set(v_row, ARRAY[v_rule.column_name], '"***REDACTED***"');
    END IF;
  END LOOP;
  RETURN CASE WHEN v_pattern IS NULL THEN v_row ELSE audit.redact(v_row, v_pattern) END;
END;
$$;

-- Logs a row's change, or that a table was emptied. Takes as arguments the columns whose changes
-- alone are not worth a row. A partition's changes are logged under the name of its root.
--
-- Runs with its owner's rights, so that writers need none on the log; who they are comes from the
-- session, which they cannot change.
CREATE FUNCTION audit.log_changes()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_root REGCLASS := coalesce(pg_partition_root(TG_RELID), TG_RELID);
  v_schema TEXT;
  v_table TEXT;
  v_old JSONB;
  v_new JSONB;
  v_row JSONB;
  v_key JSONB;
  v_changed JSONB;
BEGIN
  IF TG_LEVEL = 'ROW' THEN
    v_old := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    v_new := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
  END IF;
  SELECT jsonb_object_agg(o.key, NULL)
    INTO v_changed
    FROM jsonb_each(v_old) o
   WHERE o.value IS DISTINCT FROM v_new -> o.key;
  IF TG_OP = 'UPDATE'
    AND coalesce(v_changed, '{}') - coalesce(TG_ARGV, '{}') = '{}'
  THEN
    RETURN NULL;
  END IF;

  SELECT n.nspname, c.relname
    INTO v_schema, v_table
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = v_root;
  v_old := audit.redact_row(v_schema, v_table, v_old);
  v_new := audit.redact_row(v_schema, v_table, v_new);
  v_row := coalesce(v_old, v_new);
  IF TG_OP = 'TRUNCATE' THEN
    v_row := jsonb_build_object('truncated', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);
  ELSE
    SELECT jsonb_object_agg(a.attname, v_row -> a.attname::text)
      INTO v_key
      FROM pg_index i
      JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = v_root AND i.indisprimary;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    SELECT jsonb_object_agg(k.key, jsonb_build_object('old', v_old -> k.key, 'new', v_new -> k.key))
      INTO v_changed
      FROM jsonb_object_keys(v_changed) AS k (key);
  END IF;

  INSERT INTO audit.change_log (
    table_schema, table_name, operation, changed_by, effective_role, client_addr, application_name,
    row_data, changed_fields, old_data, new_data
  )
  VALUES (
    v_schema,
    v_table,
    TG_OP,
    session_user,
    nullif(current_setting('role'), 'none'),
    inet_client_addr(),
    current_setting('application_name'),
    coalesce(v_key, v_row),
    CASE WHEN TG_OP = 'UPDATE' THEN v_changed END,
    CASE WHEN TG_OP = 'DELETE' THEN v_old END,
    CASE WHEN TG_OP = 'INSERT' THEN v_new END
  );
  RETURN NULL;
EXCEPTION
  WHEN transaction_rollback OR lock_not_available OR insufficient_resources THEN
    RAISE;
  WHEN OTHERS THEN
    RAISE EXCEPTION 'the change of %.% cannot be logged: %', TG_TABLE_SCHEMA, TG_TABLE_NAME, SQLERRM
      USING
        ERRCODE = '58A01',
        DETAIL = 'SQLSTATE ' || SQLSTATE,
        HINT = 'Repair audit.change_log, or drop the audit triggers: until then nothing is changed.';
END;
$$;

-- A role that could use it in a trigger on a table of its own could write anything into the log.
REVOKE ALL ON FUNCTION audit.log_changes() FROM PUBLIC;
