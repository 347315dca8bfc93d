-- kind: function
-- The trigger function that writes the log once for each statement, and the masks that it needs.
--
-- A row trigger reads the rules and the catalog, and inserts, once for each row. This one does so
-- once for all rows of a statement, and searches a row for keys to mask only where one occurs.
-- audit.log_changes stays for TRUNCATE, and for tables without a primary key.

-- The rules for one table.
--
-- pattern: of the keys whose values are masked anywhere in the row.
-- traces: what the text of a row contains, without case and separators, if it has one of these keys.
-- column_names, key_patterns, named_by: the rules about columns, one in each place.
CREATE TYPE audit.table_rules AS (
  pattern TEXT,
  traces TEXT[],
  column_names TEXT[],
  key_patterns TEXT[],
  named_by TEXT[]
);

CREATE FUNCTION audit.rules_of(p_schema TEXT, p_table TEXT)
RETURNS audit.table_rules
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT ROW(
           string_agg(r.key_pattern, '|') FILTER (WHERE r.column_name IS NULL),
           array_agg(translate(lower(r.key_name COLLATE "C"), '-_. ', '') || '":')
             FILTER (WHERE r.column_name IS NULL),
           array_agg(r.column_name ORDER BY r.redaction_id) FILTER (WHERE r.column_name IS NOT NULL),
           array_agg(r.key_pattern ORDER BY r.redaction_id) FILTER (WHERE r.column_name IS NOT NULL),
           array_agg(r.named_by ORDER BY r.redaction_id) FILTER (WHERE r.column_name IS NOT NULL)
         )::audit.table_rules
    FROM audit.redactions AS r
   WHERE r.table_name IS NULL OR (r.table_schema, r.table_name) = (p_schema, p_table);
$$;

-- Columns of a row as the log may show them. p_row is the whole row, since a rule may mask a column
-- by what another one holds.
CREATE FUNCTION audit.masked(p_rules audit.table_rules, p_row JSONB, p_columns JSONB)
RETURNS JSONB
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  c_mask CONSTANT JSONB := '"***REDACTED***"';
  v_names TEXT[] := p_rules.column_names;
  v_patterns TEXT[] := p_rules.key_patterns;
  v_named_by TEXT[] := p_rules.named_by;
  v_shown JSONB := p_columns;
  v_text TEXT;
  v_trace TEXT;
BEGIN
  FOR i IN 1 .. coalesce(cardinality(v_names), 0) LOOP
    CONTINUE WHEN (v_shown ? v_names[i]) IS NOT TRUE;
    IF v_patterns[i] IS NOT NULL THEN
      v_shown := jsonb_set(
        v_shown, ARRAY[v_names[i]], audit.redact(v_shown -> v_names[i], v_patterns[i])
      );
    ELSIF v_named_by[i] IS NULL
      OR (p_row ->> v_named_by[i]) ~* ('(' || p_rules.pattern || ')$')
    THEN
      v_shown := jsonb_set(v_shown, ARRAY[v_names[i]], c_mask);
    END IF;
  END LOOP;
  -- A key may stand here that no rule means, such as secret.ary: audit.redact decides. The other way
  -- round it cannot be: the text of each key that a rule means contains the rule's trace.
  v_text := translate(lower(v_shown::TEXT COLLATE "C"), '-_. ', '');
  FOREACH v_trace IN ARRAY coalesce(p_rules.traces, '{}') LOOP
    IF strpos(v_text, v_trace) > 0 THEN
      RETURN audit.redact(v_shown, p_rules.pattern);
    END IF;
  END LOOP;
  RETURN v_shown;
END;
$$;

-- Logs the rows that a statement changed. Takes as arguments the columns whose changes alone are not
-- worth a row. A partition's changes are logged under the name of its root.
--
-- Old and new rows are joined by the primary key: an update that changes the key is logged as a
-- DELETE and an INSERT, as one that moves a row to another partition always was.
--
-- The actor of a row of agents.state is its writer where the statement wrote an entry, which a new
-- (epoch, version) shows. It is the transaction's where somebody changed the row by hand.
--
-- Runs with its owner's rights, so that writers need none on the log.
CREATE FUNCTION audit.log_statement()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_root REGCLASS := coalesce(pg_partition_root(TG_RELID), TG_RELID);
  v_schema TEXT;
  v_table TEXT;
  v_key TEXT[];
  v_others TEXT[];
  v_quiet TEXT[] := coalesce(TG_ARGV, '{}');
  v_is_state BOOLEAN := v_root = 'agents.state'::REGCLASS;
  v_rules audit.table_rules;
  v_role TEXT := nullif(current_setting('role'), 'none');
  v_actor TEXT := nullif(current_setting('persistence.actor', TRUE), '');
  v_correlation TEXT := nullif(current_setting('persistence.correlation_id', TRUE), '');
BEGIN
  -- An upsert fires the triggers of both, and most have rows for one.
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
      RETURN NULL;
    END IF;
  ELSIF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;

  SELECT n.nspname, c.relname
    INTO v_schema, v_table
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.oid = v_root;
  SELECT array_agg(a.attname::TEXT) FILTER (WHERE i.indexrelid IS NOT NULL),
         coalesce(array_agg(a.attname::TEXT) FILTER (WHERE i.indexrelid IS NULL), '{}')
    INTO v_key, v_others
    FROM pg_attribute AS a
    LEFT JOIN pg_index AS i
      ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)
   WHERE a.attrelid = v_root AND a.attnum > 0 AND NOT a.attisdropped;
  IF v_key IS NULL THEN
    RAISE EXCEPTION 'it has no primary key: use audit.log_changes, for each row';
  END IF;
  v_rules := audit.rules_of(v_schema, v_table);

  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit.change_log (
      table_schema, table_name, operation, effective_role, client_addr, application_name, actor,
      correlation_id, row_data, new_data
    )
    SELECT v_schema, v_table, 'INSERT', v_role, inet_client_addr(),
           current_setting('application_name'),
           coalesce(CASE WHEN v_is_state THEN r.whole ->> 'actor' END, v_actor),
           coalesce(CASE WHEN v_is_state THEN r.whole ->> 'correlation_id' END, v_correlation),
           m.shown - v_others, m.shown
      FROM (SELECT to_jsonb(t) AS whole FROM new_rows AS t OFFSET 0) AS r
     CROSS JOIN LATERAL (SELECT audit.masked(v_rules, r.whole, r.whole) AS shown OFFSET 0) AS m;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit.change_log (
      table_schema, table_name, operation, effective_role, client_addr, application_name, actor,
      correlation_id, row_data, old_data
    )
    SELECT v_schema, v_table, 'DELETE', v_role, inet_client_addr(),
           current_setting('application_name'), v_actor, v_correlation,
           m.shown - v_others, m.shown
      FROM (SELECT to_jsonb(t) AS whole FROM old_rows AS t OFFSET 0) AS r
     CROSS JOIN LATERAL (SELECT audit.masked(v_rules, r.whole, r.whole) AS shown OFFSET 0) AS m;
  ELSE
    WITH olds AS MATERIALIZED (
      SELECT r.whole, r.whole - v_others AS key
        FROM (SELECT to_jsonb(t) AS whole FROM old_rows AS t OFFSET 0) AS r
    ), news AS MATERIALIZED (
      SELECT r.whole, r.whole - v_others AS key
        FROM (SELECT to_jsonb(t) AS whole FROM new_rows AS t OFFSET 0) AS r
    ), changes AS MATERIALIZED (
      -- Of an update the columns that changed, else all.
      SELECT b.whole AS old_row, a.whole AS new_row, coalesce(b.key, a.key) AS key,
             CASE WHEN a.key IS NULL THEN b.whole ELSE d.old_part END AS old_part,
             CASE WHEN b.key IS NULL THEN a.whole ELSE d.new_part END AS new_part,
             CASE
               WHEN b.key IS NULL THEN 'INSERT'
               WHEN a.key IS NULL THEN 'DELETE'
               ELSE 'UPDATE'
             END AS operation,
             v_is_state
             AND (a.whole -> 'epoch', a.whole -> 'version')
                 IS DISTINCT FROM (b.whole -> 'epoch', b.whole -> 'version') AS is_entry
        FROM olds AS b
        FULL JOIN news AS a ON a.key = b.key
       CROSS JOIN LATERAL (
               SELECT jsonb_object_agg(o.key, o.value) AS old_part,
                      jsonb_object_agg(o.key, a.whole -> o.key) AS new_part
                 FROM jsonb_each(b.whole) AS o (key, value)
                WHERE o.value IS DISTINCT FROM a.whole -> o.key
             ) AS d
       WHERE a.key IS NULL OR b.key IS NULL OR coalesce(d.old_part, '{}') - v_quiet <> '{}'
    ), shown AS MATERIALIZED (
      SELECT c.*,
             audit.masked(v_rules, coalesce(c.old_row, c.new_row), c.key) AS row_data,
             audit.masked(v_rules, c.old_row, c.old_part) AS old_shown,
             audit.masked(v_rules, c.new_row, c.new_part) AS new_shown
        FROM changes AS c
    )
    INSERT INTO audit.change_log (
      table_schema, table_name, operation, effective_role, client_addr, application_name, actor,
      correlation_id, row_data, changed_fields, old_data, new_data
    )
    SELECT v_schema, v_table, s.operation, v_role, inet_client_addr(),
           current_setting('application_name'),
           coalesce(CASE WHEN s.is_entry THEN s.new_row ->> 'actor' END, v_actor),
           coalesce(CASE WHEN s.is_entry THEN s.new_row ->> 'correlation_id' END, v_correlation),
           s.row_data,
           CASE
             WHEN s.operation = 'UPDATE' THEN (
               SELECT jsonb_object_agg(
                        k.key,
                        jsonb_build_object('old', s.old_shown -> k.key, 'new', s.new_shown -> k.key)
                      )
                 FROM jsonb_object_keys(s.old_part) AS k (key)
             )
           END,
           CASE WHEN s.operation = 'DELETE' THEN s.old_shown END,
           CASE WHEN s.operation = 'INSERT' THEN s.new_shown END
      FROM shown AS s;
  END IF;
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
REVOKE ALL ON FUNCTION audit.log_statement() FROM PUBLIC;
