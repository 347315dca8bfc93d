-- kind: function
-- Indexes that cost more than they help, and the statement that helps. What a key, a foreign key,
-- an exclusion constraint or a replica identity needs is never to be dropped.

-- Indexes for which another one of the table can do all that they do: the same keys, or keys that
-- begin with theirs, under the same predicate. Of two that are the same, the younger is the
-- duplicate. An index of a foreign key can be one, since its twin serves the foreign key as well.
CREATE FUNCTION monitoring.duplicate_indexes()
RETURNS TABLE (index_oid OID, covered_by OID)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH indexes AS (
    SELECT
        i.indexrelid,
        i.indrelid,
        c.relam,
        m.amname = 'btree' AS ordered,
        i.indnkeyatts AS width,
        (string_to_array(i.indkey::text, ' '))[1:i.indnkeyatts] AS keys,
        string_to_array(i.indkey::text, ' ') AS columns,
        string_to_array(i.indclass::text, ' ') AS classes,
        string_to_array(i.indcollation::text, ' ') AS collations,
        string_to_array(i.indoption::text, ' ') AS options,
        pg_get_expr(i.indexprs, i.indrelid) AS expressions,
        pg_get_expr(i.indpred, i.indrelid) AS predicate,
        (SELECT array_agg(a.attoptions::text ORDER BY a.attnum)
           FROM pg_attribute a
          WHERE a.attrelid = i.indexrelid AND a.attnum <= i.indnkeyatts) AS parameters,
        monitoring.index_purpose(i.indexrelid) AS purpose,
        EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS is_part
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_am m ON m.oid = c.relam
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE i.indisvalid
       AND c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  ), judged AS (
    SELECT
        i.*,
        i.is_part OR (i.purpose IS NOT NULL AND i.purpose NOT LIKE 'foreign key %') AS stays
      FROM indexes i
  ), pairs AS (
    SELECT
        a.indexrelid AS index_oid,
        b.indexrelid AS covered_by,
        b.stays,
        b.width,
        a.stays AS is_needed,
        a.keys = b.keys AND a.columns <@ b.columns AND b.columns <@ a.columns AS are_same
      FROM judged a
      JOIN judged b USING (indrelid, relam)
     WHERE a.indexrelid <> b.indexrelid
       AND a.predicate IS NOT DISTINCT FROM b.predicate
       AND a.columns <@ b.columns
       AND (
         (
           a.keys = b.keys
           AND a.classes = b.classes
           AND a.collations = b.collations
           AND a.options = b.options
           AND a.expressions IS NOT DISTINCT FROM b.expressions
           AND a.parameters IS NOT DISTINCT FROM b.parameters
         )
         OR (
           a.ordered
           AND a.expressions IS NULL
           AND a.width < b.width
           AND b.keys[1:a.width] = a.keys
           AND b.classes[1:a.width] = a.classes
           AND b.collations[1:a.width] = a.collations
           AND b.options[1:a.width] = a.options
         )
       )
  )
  SELECT DISTINCT ON (p.index_oid) p.index_oid, p.covered_by
    FROM pairs p
   WHERE NOT p.is_needed
     AND (NOT p.are_same OR p.stays OR p.index_oid > p.covered_by)
   ORDER BY p.index_oid, p.stays DESC, p.width DESC, p.covered_by;
$$;

-- One row an index with something wrong with it, the largest first. trouble is invalid, duplicate,
-- unused or bloated, whichever comes first. Bloat counts from the threshold index_bloat_percent on.
CREATE FUNCTION monitoring.index_findings(
  p_min_statistics_age INTERVAL DEFAULT '7 days',
  p_min_index_age INTEGER DEFAULT 10000
)
RETURNS TABLE (
  schema_name TEXT,
  table_name TEXT,
  index_name TEXT,
  trouble TEXT,
  index_bytes BIGINT,
  reason TEXT,
  statement TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH usage AS MATERIALIZED (
    SELECT
        u.*, to_regclass(format('%I.%I', u.schema_name, u.index_name))::oid AS index_oid
      FROM monitoring.analyze_index_usage(p_min_statistics_age, p_min_index_age) u
  ), duplicates AS MATERIALIZED (
    SELECT d.index_oid, d.covered_by FROM monitoring.duplicate_indexes() d
  ), found AS (
    SELECT
        u.index_oid,
        1 AS precedence,
        'invalid' AS trouble,
        'A build of it failed: every write updates it, and no query reads it.' AS reason
      FROM usage u
     WHERE u.recommendation LIKE 'Invalid - %'
    UNION ALL
    SELECT
        d.index_oid, 2, 'duplicate', format('%s does all that it does.', d.covered_by::regclass)
      FROM duplicates d
    UNION ALL
    -- The index that a duplicate leaves its work to is not idle for long.
    SELECT u.index_oid, 3, 'unused', format('%s.', replace(u.recommendation, ' - ', ': '))
      FROM usage u
     WHERE u.recommendation LIKE 'Consider dropping - %'
       AND NOT EXISTS (
         SELECT
           FROM duplicates d
          WHERE d.covered_by = u.index_oid
             OR d.covered_by IN (SELECT p.relid FROM pg_partition_tree(u.index_oid) p))
    UNION ALL
    SELECT
        to_regclass(format('%I.%I', b.schema_name, b.index_name))::oid,
        4,
        'bloated',
        format('About %s percent of it is air, by the statistics of its table.', b.bloat_percent)
      FROM monitoring.estimate_index_bloat() b
     WHERE b.bloat_percent >= coalesce(
       (SELECT t.warning_threshold
          FROM monitoring.alert_thresholds t
         WHERE t.metric_name = 'index_bloat_percent'),
       30)
  ), worst AS (
    SELECT DISTINCT ON (f.index_oid) f.*
      FROM found f
     ORDER BY f.index_oid, f.precedence
  )
  SELECT
      n.nspname::text,
      t.relname::text,
      c.relname::text,
      w.trouble,
      coalesce(
        (SELECT sum(pg_relation_size(leaf.relid))
           FROM pg_partition_tree(c.oid) leaf
          WHERE leaf.isleaf),
        pg_relation_size(c.oid))::bigint AS bytes,
      w.reason,
      -- A copy that REINDEX CONCURRENTLY left behind is dropped; any other invalid index is built
      -- again, since a constraint may want it. Neither works concurrently on every kind of index.
      format(
        '%s INDEX %s%I.%I;',
        CASE
          WHEN w.trouble = 'bloated' THEN 'REINDEX'
          WHEN w.trouble = 'invalid' AND c.relname !~ '_cc(new|old)[0-9]*$' THEN 'REINDEX'
          ELSE 'DROP'
        END,
        CASE WHEN c.relkind = 'I' OR i.indisexclusion THEN '' ELSE 'CONCURRENTLY ' END,
        n.nspname,
        c.relname)
    FROM worst w
    JOIN pg_index i ON i.indexrelid = w.index_oid
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   ORDER BY bytes DESC, 1, 3;
$$;
