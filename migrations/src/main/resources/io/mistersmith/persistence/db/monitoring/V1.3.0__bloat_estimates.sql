-- kind: function
-- How much of a table or B-tree index is air, estimated from the planner's statistics: what its
-- rows should need at their average widths, against the pages that it has. Reading the pages
-- themselves would take pgstattuple and a scan. Relations that are smaller than 1 MiB, were never
-- analyzed, or belong to tables that the role may not read are left out.

CREATE VIEW monitoring.column_widths AS
SELECT
  c.oid AS relation,
  a.attnum AS column_number,
  (1 - s.null_frac) * s.avg_width AS width
FROM pg_catalog.pg_stats s
JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attname = s.attname
WHERE NOT s.inherited;

CREATE FUNCTION monitoring.estimate_table_bloat()
RETURNS TABLE (schema_name TEXT, table_name TEXT, table_bytes BIGINT, bloat_percent NUMERIC)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH tables AS (
    SELECT
        c.oid,
        c.relnamespace,
        c.relname,
        pg_relation_size(c.oid) AS bytes,
        greatest(c.reltuples::numeric, pg_stat_get_live_tuples(c.oid)) AS row_count,
        current_setting('block_size')::integer AS block,
        coalesce(
          (SELECT o.option_value::integer FROM pg_options_to_table(c.reloptions) o
            WHERE o.option_name = 'fillfactor'),
          100) AS fill
      FROM pg_class c
     WHERE c.relkind IN ('r', 'm') AND c.reltuples >= 0 AND c.relpersistence <> 't'
  ), widths AS (
    SELECT a.attrelid, sum(w.width)::numeric AS row_width
      FROM pg_attribute a
      LEFT JOIN monitoring.column_widths w
        ON w.relation = a.attrelid AND w.column_number = a.attnum
     WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> 'v'
     GROUP BY a.attrelid
    HAVING bool_and(w.width IS NOT NULL)
  )
  -- A row costs a line pointer of 4 bytes, a header of 24, and its columns, aligned to 8.
  SELECT
      n.nspname::text,
      t.relname::text,
      t.bytes,
      greatest(0, round(
        100 - 100 * t.row_count * (28 + ceil(w.row_width / 8) * 8)
          / ((t.block - 24) * t.fill / 100.0) / (t.bytes / t.block),
        1))
    FROM tables t
    JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN widths w ON w.attrelid = t.oid
   WHERE t.bytes >= 1048576
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   ORDER BY 4 DESC;
$$;

CREATE FUNCTION monitoring.estimate_index_bloat()
RETURNS TABLE (
  schema_name TEXT,
  table_name TEXT,
  index_name TEXT,
  index_bytes BIGINT,
  bloat_percent NUMERIC
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH indexes AS (
    SELECT
        i.indexrelid,
        i.indrelid,
        i.indkey,
        c.relnamespace,
        c.relname,
        pg_relation_size(c.oid) AS bytes,
        c.reltuples::numeric AS row_count,
        current_setting('block_size')::integer AS block,
        coalesce(
          (SELECT o.option_value::integer FROM pg_options_to_table(c.reloptions) o
            WHERE o.option_name = 'fillfactor'),
          90) AS fill
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_am m ON m.oid = c.relam AND m.amname = 'btree'
     WHERE c.relkind = 'i' AND i.indisvalid AND c.reltuples >= 0 AND c.relpersistence <> 't'
  ), widths AS (
    -- A column has the table's statistics, an expression the index's own.
    SELECT i.indexrelid, sum(w.width)::numeric AS entry_width
      FROM indexes i
      JOIN pg_attribute a ON a.attrelid = i.indexrelid
      LEFT JOIN monitoring.column_widths w
        ON (w.relation, w.column_number) = (
          CASE WHEN i.indkey[a.attnum - 1] = 0 THEN i.indexrelid ELSE i.indrelid END,
          CASE WHEN i.indkey[a.attnum - 1] = 0 THEN a.attnum ELSE i.indkey[a.attnum - 1] END)
     GROUP BY i.indexrelid
    HAVING bool_and(w.width IS NOT NULL)
  )
  -- An entry costs a line pointer of 4 bytes, a header of 8, and its columns, aligned to 8.
  -- Duplicates are stored once, so that this errs on the side of no bloat.
  SELECT
      n.nspname::text,
      t.relname::text,
      i.relname::text,
      i.bytes,
      greatest(0, round(
        100 - 100 * i.row_count * (12 + ceil(w.entry_width / 8) * 8)
          / ((i.block - 40) * i.fill / 100.0) / (i.bytes / i.block - 1),
        1))
    FROM indexes i
    JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = i.relnamespace
    JOIN widths w ON w.indexrelid = i.indexrelid
   WHERE i.bytes >= 1048576
     AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   ORDER BY 5 DESC;
$$;
