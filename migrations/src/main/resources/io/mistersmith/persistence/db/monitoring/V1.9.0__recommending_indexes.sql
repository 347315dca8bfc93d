-- kind: function
-- Turns missing indexes into suggestions to read and recommendations to keep.

-- The name under which a recommended index is built; cut and marked where it would be too long.
CREATE FUNCTION monitoring.recommended_index_name(p_table_name TEXT, p_column_names TEXT[])
RETURNS TEXT
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_name TEXT := format('idx_%s_%s_auto', p_table_name, array_to_string(p_column_names, '_'));
  v_mark CONSTANT TEXT :=
    '_' || left(encode(sha256(convert_to(v_name, 'UTF8')), 'hex'), 8) || '_auto';
BEGIN
  IF octet_length(v_name) <= 63 THEN
    RETURN v_name;
  END IF;
  WHILE octet_length(v_name) > 63 - length(v_mark) LOOP
    v_name := left(v_name, -1);
  END LOOP;
  RETURN v_name || v_mark;
END;
$$;

-- Statements to read, not to paste into a transaction. Without the statistics of statements the
-- last row says so, with no index to suggest.
CREATE FUNCTION monitoring.suggest_missing_indexes()
RETURNS TABLE (suggested_index TEXT, reason TEXT, estimated_benefit TEXT)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_obstacle CONSTANT TEXT := monitoring.statement_statistics_obstacle();
BEGIN
  RETURN QUERY
    SELECT
        format(
          'CREATE INDEX %s%I ON %s%I.%I (%s);',
          CASE WHEN c.relkind = 'p' THEN '' ELSE 'CONCURRENTLY ' END,
          monitoring.recommended_index_name(m.table_name, m.column_names),
          CASE WHEN c.relkind = 'p' THEN 'ONLY ' ELSE '' END,
          m.schema_name,
          m.table_name,
          (SELECT string_agg(quote_ident(k.name), ', ' ORDER BY k.position)
             FROM unnest(m.column_names) WITH ORDINALITY AS k (name, position))),
        format(
          'Table %I.%I: %s%s',
          m.schema_name,
          m.table_name,
          m.reason,
          CASE WHEN c.relkind = 'p'
            THEN '; partitioned: then one index a partition, concurrently, and attach it'
            ELSE ''
          END),
        m.benefit
      FROM monitoring.missing_indexes() m
      JOIN pg_class c ON c.oid = to_regclass(format('%I.%I', m.schema_name, m.table_name));
  IF v_obstacle IS NOT NULL THEN
    RETURN QUERY SELECT
      NULL::text,
      'The filters of slow statements were not looked at: ' || v_obstacle,
      'Unknown'::text;
  END IF;
END;
$$;

-- Retires recommendations that are pending for more than 30 days, have an index by now, or whose
-- columns are gone; then adds new ones. Rejected ones are not recommended again. Returns how
-- many recommendations are new.
CREATE FUNCTION monitoring.generate_index_recommendations()
RETURNS INTEGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_obstacle CONSTANT TEXT := monitoring.statement_statistics_obstacle();
  v_count INTEGER;
BEGIN
  UPDATE monitoring.index_recommendations r
     SET status = 'obsolete'
   WHERE r.status = 'pending'
     AND (
       r.created_at < clock_timestamp() - INTERVAL '30 days'
       OR NOT EXISTS (
         SELECT
           FROM (SELECT to_regclass(format('%I.%I', r.schema_name, r.table_name))::oid) t (oid)
          CROSS JOIN LATERAL (SELECT monitoring.column_numbers(t.oid, r.column_names::name[]))
                AS k (numbers)
          WHERE cardinality(k.numbers) = cardinality(r.column_names)
            AND NOT monitoring.is_indexed(t.oid, k.numbers)));

  INSERT INTO monitoring.index_recommendations (
    schema_name, table_name, column_names, recommendation_reason, estimated_benefit,
    query_patterns, scan_count, tuple_count)
  SELECT
      m.schema_name, m.table_name, m.column_names, m.reason, m.benefit,
      m.query_patterns, m.scan_count, m.tuple_count
    FROM monitoring.missing_indexes() m
   WHERE m.column_names IS NOT NULL
     AND NOT EXISTS (
       SELECT FROM monitoring.index_recommendations r
        WHERE r.schema_name = m.schema_name
          AND r.table_name = m.table_name
          AND r.column_names = m.column_names
          AND r.status = 'rejected')
  ON CONFLICT (schema_name, table_name, column_names, index_type) WHERE status = 'pending'
    DO NOTHING;
  GET DIAGNOSTICS v_count = ROW_COUNT;
  IF v_obstacle IS NOT NULL THEN
    RAISE NOTICE 'The filters of slow statements were not looked at: %', v_obstacle;
  END IF;
  RETURN v_count;
END;
$$;
