-- kind: function
-- Finds indexes that are missing, from what really happened: foreign keys that no index supports,
-- large tables that are mostly read from end to end, and the columns by which slow statements
-- filter them. Partitions are taken together under their root, on which the index would be.

-- How the tables of this database are read.
CREATE FUNCTION monitoring.table_scans()
RETURNS TABLE (
  table_oid OID,
  row_count BIGINT,
  seq_scans BIGINT,
  seq_rows_read BIGINT,
  index_scans BIGINT,
  deleted_rows BIGINT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      coalesce(pg_partition_root(c.oid)::oid, c.oid),
      -- A partitioned table's own entry counts the rows of its partitions once more.
      sum(CASE WHEN c.relkind = 'p' THEN 0
        ELSE greatest(pg_stat_get_live_tuples(c.oid), c.reltuples::bigint, 0) END)::bigint,
      sum(pg_stat_get_numscans(c.oid))::bigint,
      sum(pg_stat_get_tuples_returned(c.oid))::bigint,
      sum(coalesce((
        SELECT sum(pg_stat_get_numscans(i.indexrelid)) FROM pg_index i WHERE i.indrelid = c.oid
      ), 0))::bigint,
      sum(pg_stat_get_tuples_deleted(c.oid))::bigint
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'm')
     AND c.relpersistence <> 't'
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   GROUP BY 1;
$$;

CREATE FUNCTION monitoring.column_numbers(p_table OID, p_columns NAME[])
RETURNS SMALLINT[]
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT array_agg(a.attnum ORDER BY c.position)
    FROM unnest(p_columns) WITH ORDINALITY AS c (name, position)
    JOIN pg_attribute a
      ON a.attrelid = p_table AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped;
$$;

-- A foreign key whose referencing side has no index: each delete of a referenced row, and each
-- change of its key, reads that whole side. An index on the other columns is enough where one is a
-- boolean, which hardly narrows a search.
CREATE FUNCTION monitoring.foreign_keys_without_index()
RETURNS TABLE (table_oid OID, columns NAME[], reason TEXT, benefit TEXT)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      k.conrelid,
      (SELECT array_agg(a.attname ORDER BY c.position)
         FROM unnest(k.conkey) WITH ORDINALITY AS c (number, position)
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number),
      format('No index supports the foreign key %I to %s', k.conname, k.confrelid::regclass),
      CASE
        WHEN s.row_count > 1000 AND r.deleted_rows > 0 THEN format(
          'High - each of the deletes of %s reads about %s rows', k.confrelid::regclass, s.row_count)
        WHEN s.row_count > 1000 THEN 'Medium - a delete there would read all rows here'
        ELSE 'Low - there are few rows yet'
      END
    FROM pg_constraint k
    JOIN monitoring.table_scans() s ON s.table_oid = k.conrelid
    JOIN monitoring.table_scans() r ON r.table_oid = k.confrelid
   WHERE k.contype = 'f'
     AND k.conparentid = 0
     AND NOT monitoring.is_indexed(k.conrelid, k.conkey)
     AND NOT monitoring.is_indexed(
       k.conrelid,
       (SELECT array_agg(c.number ORDER BY c.position)
          FROM unnest(k.conkey) WITH ORDINALITY AS c (number, position)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number
         WHERE a.atttypid <> 'boolean'::regtype));
$$;

-- Tables of more than 1,000 rows that were read from end to end more than 100 times, and more often
-- than through an index.
CREATE FUNCTION monitoring.scanned_tables()
RETURNS TABLE (table_oid OID, row_count BIGINT, seq_rows_read BIGINT, seq_scans BIGINT,
  scan_ratio NUMERIC, without_index BOOLEAN, reason TEXT, benefit TEXT)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      s.table_oid,
      s.row_count,
      s.seq_rows_read,
      s.seq_scans,
      r.ratio,
      NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = s.table_oid),
      format(
        'High sequential scan ratio (%s%%) with %s scans reading %s rows',
        round(100 * r.ratio, 1), s.seq_scans, s.seq_rows_read),
      CASE
        WHEN r.ratio > 0.9 THEN 'Critical - most of what is read is read in vain'
        WHEN r.ratio > 0.7 THEN 'High - significant improvement expected'
        ELSE 'Medium - noticeable improvement expected'
      END
    FROM monitoring.table_scans() s
   CROSS JOIN LATERAL (
     SELECT s.seq_scans::numeric / nullif(s.seq_scans + s.index_scans, 0)
   ) r (ratio)
   WHERE s.row_count > 1000 AND s.seq_scans > 100 AND r.ratio > 0.5
   ORDER BY s.seq_rows_read DESC
   LIMIT 20;
$$;

-- Columns by which slow statements filter the scanned tables. A filter only by columns of a handful
-- of values is left out.
CREATE FUNCTION monitoring.filtered_columns(p_min_mean_ms NUMERIC)
RETURNS TABLE (table_oid OID, columns NAME[], calls BIGINT, patterns TEXT[])
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH statements AS MATERIALIZED (
    SELECT s.query_text, s.calls, s.total_exec_time_ms
      FROM monitoring.slow_statements(p_min_mean_ms) s
     WHERE s.query_text <> '<insufficient privilege>'
       AND s.query_text ~* '\mwhere\M'
       AND s.query_text !~ '\mmonitoring\.'
     ORDER BY s.total_exec_time_ms DESC
     LIMIT 200
  )
  SELECT
      t.table_oid,
      w.columns,
      sum(s.calls)::bigint,
      (array_agg(left(s.query_text, 500) ORDER BY s.total_exec_time_ms DESC))[1:5]
    FROM monitoring.scanned_tables() t
    JOIN pg_class c ON c.oid = t.table_oid
    JOIN statements s ON position(lower(c.relname) IN lower(s.query_text)) > 0
   CROSS JOIN LATERAL monitoring.where_columns(s.query_text, t.table_oid) AS w (columns)
   WHERE cardinality(w.columns) > 0
     AND NOT EXISTS (
       SELECT
         FROM pg_stats p
         JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = p.schemaname
        WHERE p.tablename = c.relname AND p.attname = ANY (w.columns)
       HAVING count(*) >= cardinality(w.columns) AND max(p.n_distinct) BETWEEN 0 AND 10
          AND min(p.n_distinct) >= 0)
   GROUP BY t.table_oid, w.columns;
$$;

-- Missing indexes; columns is null where a table needs an index and nothing shows which.
CREATE FUNCTION monitoring.missing_indexes(p_min_mean_ms NUMERIC DEFAULT 50)
RETURNS TABLE (
  schema_name TEXT,
  table_name TEXT,
  column_names TEXT[],
  reason TEXT,
  benefit TEXT,
  query_patterns TEXT[],
  scan_count BIGINT,
  tuple_count BIGINT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH filtered AS MATERIALIZED (
    SELECT f.*, t.reason, t.benefit
      FROM monitoring.filtered_columns(p_min_mean_ms) f
      JOIN monitoring.scanned_tables() t USING (table_oid)
  ), found AS (
    SELECT k.table_oid, k.columns, k.reason, k.benefit, NULL::text[] AS patterns, 1 AS source
      FROM monitoring.foreign_keys_without_index() k
    UNION ALL
    SELECT f.table_oid, f.columns,
           format('%s; %s calls of slow statements filter by these columns', f.reason, f.calls),
           f.benefit, f.patterns, 2
      FROM filtered f
    UNION ALL
    SELECT t.table_oid, u.columns,
           format('%s and no index at all; %s', t.reason,
             coalesce(quote_ident(u.columns[1]) || ' is nearly unique',
               'look at its statements for the columns')),
           t.benefit, NULL, 3
      FROM monitoring.scanned_tables() t
      LEFT JOIN LATERAL (
        SELECT ARRAY[a.attname]
          FROM pg_attribute a
          JOIN pg_class c ON c.oid = a.attrelid
          JOIN pg_stats p
            ON p.schemaname = c.relnamespace::regnamespace::name
           AND p.tablename = c.relname AND p.attname = a.attname
         WHERE a.attrelid = t.table_oid
           AND p.n_distinct <= -0.9
           AND monitoring.is_btree_candidate(a.attrelid, a.attnum)
         ORDER BY a.attnum
         LIMIT 1
      ) u (columns) ON TRUE
     WHERE t.without_index
       AND NOT EXISTS (SELECT FROM filtered f WHERE f.table_oid = t.table_oid)
  ), wanted AS (
    -- The same columns once, with the reason that came first.
    SELECT DISTINCT ON (f.table_oid, f.columns) f.*
      FROM found f
     ORDER BY f.table_oid, f.columns, f.source
  )
  SELECT
      n.nspname::text, c.relname::text, w.columns::text[], w.reason, w.benefit, w.patterns,
      s.seq_scans, s.seq_rows_read
    FROM wanted w
    JOIN pg_class c ON c.oid = w.table_oid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN monitoring.table_scans() s ON s.table_oid = w.table_oid
   WHERE w.columns IS NULL
      OR NOT (
        monitoring.is_indexed(w.table_oid, monitoring.column_numbers(w.table_oid, w.columns))
        -- A longer index that is wanted as well begins with these columns.
        OR EXISTS (
          SELECT FROM wanted o
           WHERE o.table_oid = w.table_oid
             AND cardinality(o.columns) > cardinality(w.columns)
             AND o.columns[1:cardinality(w.columns)] = w.columns)
      )
   ORDER BY s.seq_rows_read DESC, 1, 2, 3;
$$;
