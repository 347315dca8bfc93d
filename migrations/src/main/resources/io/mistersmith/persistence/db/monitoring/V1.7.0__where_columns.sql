-- kind: function
-- Which columns of a table a statement filters by. The text is read by patterns, not parsed: where
-- it is in doubt, a column does not count, since a missed index costs less than a useless one.

-- A pattern for an identifier in a text that was folded as PostgreSQL folds it.
CREATE FUNCTION monitoring.identifier_pattern(p_name NAME)
RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT CASE WHEN quote_ident(p_name) = p_name
      THEN '(?:"' || p.escaped || '"|\m' || p.escaped || '\M(?!["$]))'
      ELSE p.escaped
    END
    FROM (SELECT regexp_replace(quote_ident(p_name), '([^[:alnum:]_])', '\\\1', 'g')) p (escaped);
$$;

-- The statement without comments and literals, in lower case except text in quotes, and without
-- blanks around dots.
CREATE FUNCTION monitoring.fold_statement(p_query TEXT)
RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT regexp_replace(
      string_agg(
        CASE WHEN m.parts[1] LIKE '"%' THEN m.parts[1] ELSE lower(m.parts[1]) END,
        '' ORDER BY m.n),
      '\s*\.\s*', '.', 'g')
    FROM regexp_matches(
      regexp_replace(
        regexp_replace(p_query, '/\*.*?\*/|--[^\n]*', ' ', 'g'),
        '''(?:[^'']|'''')*''', ' null ', 'g'),
      '"(?:[^"]|"")*"|[^"]+', 'g') WITH ORDINALITY AS m (parts, n);
$$;

-- Whether a B-tree on the column is possible and sane: its type can be ordered, and its values fit
-- an index entry, which a document need not.
CREATE FUNCTION monitoring.is_btree_candidate(p_table OID, p_column SMALLINT)
RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH RECURSIVE base AS (
    SELECT t.oid, t.typtype, t.typbasetype, t.typcategory
      FROM pg_attribute a
      JOIN pg_type t ON t.oid = a.atttypid
     WHERE a.attrelid = p_table AND a.attnum = p_column AND NOT a.attisdropped
       AND a.attgenerated <> 'v'
    UNION ALL
    SELECT t.oid, t.typtype, t.typbasetype, t.typcategory
      FROM base b
      JOIN pg_type t ON t.oid = b.typbasetype
     WHERE b.typtype = 'd'
  )
  SELECT EXISTS (
      SELECT
        FROM base b
       WHERE b.typtype = 'e'
          OR (
            b.typtype = 'b'
            AND b.typcategory <> 'A'
            AND b.oid NOT IN (
              'jsonb'::regtype, 'bytea'::regtype, 'tsvector'::regtype, 'tsquery'::regtype)
            AND EXISTS (
              SELECT
                FROM pg_opclass o
                JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'btree'
               WHERE o.opcdefault
                 AND (
                   o.opcintype = b.oid
                   OR EXISTS (
                     SELECT FROM pg_cast k
                      WHERE k.castsource = b.oid AND k.casttarget = o.opcintype
                        AND k.castmethod = 'b' AND k.castcontext = 'i'))))
    )
    AND NOT EXISTS (
      SELECT FROM monitoring.column_widths w
       WHERE w.relation = p_table AND w.column_number = p_column AND w.width > 200);
$$;

-- The columns that WHERE clauses compare with =, IN or ANY, and after them one that they compare
-- with <, > or BETWEEN: a range is the last that a B-tree can use. A qualified column counts if
-- the qualifier is the table's name or alias; an unqualified one if no other table that the text
-- names has such a column. Only the first column of alternatives (OR) counts.
CREATE FUNCTION monitoring.where_columns(p_query TEXT, p_table OID)
RETURNS NAME[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  c_word CONSTANT TEXT := '(?:"(?:[^"]|"")+"|[[:alpha:]_][[:alnum:]_$]*)';
  c_clause CONSTANT TEXT :=
    '\m(?:where|group|order|having|limit|offset|fetch|returning|window|union|intersect|except'
    '|select|from|on|set|values|for)\M';
  c_join CONSTANT TEXT := '\m(?:join|left|right|inner|full|cross|natural|using|tablesample)\M';
  v_text CONSTANT TEXT := monitoring.fold_statement(p_query);
  v_conditions TEXT;
  v_qualifier TEXT;
  v_equal NAME[] := '{}';
  v_range NAME[] := '{}';
  v_column RECORD;
  v_pattern TEXT;
BEGIN
  SELECT string_agg(
      DISTINCT regexp_replace(
        coalesce(m.parts[1], quote_ident(c.relname)), '([^[:alnum:]_])', '\\\1', 'g'),
      '|')
    INTO v_qualifier
    FROM pg_class c
   CROSS JOIN LATERAL regexp_matches(
     v_text,
     format(
       '(?:\m(?:from|join|update|into)\s+(?:only\s+)?|,\s*)(?:%s\.)?%s(?!\.)'
         '(?:\s+(?:as\s+)?(?!%s|%s)(%s))?',
       c_word, monitoring.identifier_pattern(c.relname), c_clause, c_join, c_word),
     'g') AS m (parts)
   WHERE c.oid = p_table;

  SELECT string_agg(s.section, ' ')
    INTO v_conditions
    FROM regexp_split_to_table(
      regexp_replace(v_text, format('(%s)', c_clause), E'\x01\\1', 'g'), E'\x01') AS s (section)
   WHERE s.section ~ '^where\M';

  IF v_qualifier IS NULL OR v_conditions IS NULL THEN
    RETURN '{}';
  END IF;

  FOR v_column IN
    SELECT
        a.attname,
        monitoring.identifier_pattern(a.attname) AS pattern,
        EXISTS (
          SELECT
            FROM pg_attribute o
            JOIN pg_class c ON c.oid = o.attrelid
           WHERE o.attname = a.attname
             AND o.attnum > 0
             AND c.oid <> p_table
             AND c.relname <> (SELECT t.relname FROM pg_class t WHERE t.oid = p_table)
             AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
             AND v_text ~ monitoring.identifier_pattern(c.relname)
        ) AS shared
      FROM pg_attribute a
     WHERE a.attrelid = p_table
       AND a.attnum > 0
       AND NOT a.attisdropped
       AND monitoring.is_btree_candidate(p_table, a.attnum)
     ORDER BY a.attnum
  LOOP
    v_pattern := format(
      '(?:^|[^[:alnum:]_$".])(?:(?:%s\.)?(?:%s)\.)%s%s\s*',
      c_word, v_qualifier, CASE WHEN v_column.shared THEN '' ELSE '?' END, v_column.pattern);
    IF v_conditions ~ (v_pattern || '(?:=|in\s*\()') THEN
      v_equal := v_equal || v_column.attname;
    ELSIF v_conditions ~ (v_pattern || '(?:<(?!>)|>|between\M)') THEN
      v_range := v_range || v_column.attname;
    END IF;
  END LOOP;
  IF v_conditions ~ '\mor\M' THEN
    RETURN (v_equal || v_range)[1:1];
  END IF;
  RETURN v_equal[1:3] || v_range[1:1];
END;
$$;
