-- kind: function
-- Masks for many rows: the rules of a table are read once, and a row is masked only where the name of a
-- rule's key occurs in it. That is looked for without regular expressions, which PostgreSQL would
-- compile again for each text.

-- The rules for one table.
--
-- pattern: of the keys whose values are masked anywhere in the row.
-- traces: LIKE patterns of these keys without case and separators.
-- longest: how many characters these keys have at most.
-- masked: the columns that are masked as a whole.
-- named, named_by: the columns that are masked where another one names a secret, and that other one.
-- keyed, key_patterns: the columns with keys of their own, and the patterns of these keys.
CREATE TYPE audit.table_rules AS (
  pattern TEXT,
  traces TEXT[],
  longest INTEGER,
  masked TEXT[],
  named TEXT[],
  named_by TEXT[],
  keyed TEXT[],
  key_patterns TEXT[]
);

CREATE FUNCTION audit.rules_of(p_schema TEXT, p_table TEXT, p_columns TEXT[])
RETURNS audit.table_rules
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT ROW(
           string_agg(r.key_pattern, '|') FILTER (WHERE r.column_name IS NULL),
           coalesce(
             array_agg('%' || translate(lower(r.key_name COLLATE "C"), '-_. ', ''))
               FILTER (WHERE r.column_name IS NULL),
             '{}'
           ),
           coalesce(max(length(r.key_name)) FILTER (WHERE r.column_name IS NULL), 0),
           coalesce(
             array_agg(r.column_name)
               FILTER (WHERE r.column_name = ANY (p_columns)
                         AND r.key_pattern IS NULL AND r.named_by IS NULL),
             '{}'
           ),
           coalesce(
             array_agg(r.column_name ORDER BY r.redaction_id)
               FILTER (WHERE r.column_name = ANY (p_columns) AND r.named_by IS NOT NULL),
             '{}'
           ),
           coalesce(
             array_agg(r.named_by ORDER BY r.redaction_id)
               FILTER (WHERE r.column_name = ANY (p_columns) AND r.named_by IS NOT NULL),
             '{}'
           ),
           coalesce(
             array_agg(r.column_name ORDER BY r.redaction_id)
               FILTER (WHERE r.column_name = ANY (p_columns) AND r.key_pattern IS NOT NULL),
             '{}'
           ),
           coalesce(
             array_agg(r.key_pattern ORDER BY r.redaction_id)
               FILTER (WHERE r.column_name = ANY (p_columns) AND r.key_pattern IS NOT NULL),
             '{}'
           )
         )::audit.table_rules
    FROM audit.redactions AS r
   WHERE r.table_name IS NULL OR (r.table_schema, r.table_name) = (p_schema, p_table);
$$;

-- Whether a key in the text of a document may be one that a rule means. It may be another one, such
-- as "sec.ret": audit.redact decides. In the text of a jsonb value each key ends before ": and the
-- quote of no string does.
CREATE FUNCTION audit.may_have_secrets(p_rules audit.table_rules, p_text TEXT)
RETURNS BOOLEAN
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog
AS $$
BEGIN
  RETURN EXISTS (
    SELECT
      FROM string_to_table(p_text, '": ') AS t (part)
     WHERE translate(lower(right(t.part, p_rules.longest) COLLATE "C"), '-_. ', '')
             LIKE ANY (p_rules.traces)
  );
END;
$$;

-- A row as the log may show it.
CREATE FUNCTION audit.masked(p_rules audit.table_rules, p_row JSONB)
RETURNS JSONB
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  c_mask CONSTANT JSONB := '"***REDACTED***"';
  v_row JSONB := p_row;
  v_probe TEXT;
  v_column TEXT;
BEGIN
  FOREACH v_column IN ARRAY p_rules.masked LOOP
    v_row := jsonb_set(v_row, ARRAY[v_column], c_mask);
  END LOOP;
  FOR i IN 1 .. cardinality(p_rules.keyed) LOOP
    v_column := p_rules.keyed[i];
    v_row := jsonb_set(
      v_row, ARRAY[v_column], audit.redact(v_row -> v_column, p_rules.key_patterns[i])
    );
  END LOOP;
  v_probe := v_row::TEXT;
  FOREACH v_column IN ARRAY p_rules.named_by LOOP
    v_probe := v_probe || coalesce(p_row ->> v_column, '') || '": ';
  END LOOP;
  IF NOT audit.may_have_secrets(p_rules, v_probe) THEN
    RETURN v_row;
  END IF;
  FOR i IN 1 .. cardinality(p_rules.named) LOOP
    IF (p_row ->> p_rules.named_by[i]) ~* ('(' || p_rules.pattern || ')$') THEN
      v_row := jsonb_set(v_row, ARRAY[p_rules.named[i]], c_mask);
    END IF;
  END LOOP;
  RETURN audit.redact(v_row, p_rules.pattern);
END;
$$;

-- The changed fields of an update as the log may show them, of which the columns that are masked as
-- a whole are masked already.
CREATE FUNCTION audit.masked_fields(
  p_rules audit.table_rules,
  p_fields JSONB,
  p_old JSONB,
  p_new JSONB
)
RETURNS JSONB
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_probe TEXT := p_fields::TEXT;
  v_column TEXT;
  v_old JSONB;
  v_new JSONB;
BEGIN
  FOREACH v_column IN ARRAY p_rules.named_by LOOP
    v_probe := v_probe || coalesce(p_old ->> v_column, '') || '": '
      || coalesce(p_new ->> v_column, '') || '": ';
  END LOOP;
  IF p_rules.keyed = '{}' AND NOT audit.may_have_secrets(p_rules, v_probe) THEN
    RETURN p_fields;
  END IF;
  v_old := audit.masked(p_rules, p_old);
  v_new := audit.masked(p_rules, p_new);
  RETURN (
    SELECT jsonb_object_agg(k.key, jsonb_build_object('old', v_old -> k.key, 'new', v_new -> k.key))
      FROM jsonb_object_keys(p_fields) AS k (key)
  );
END;
$$;
