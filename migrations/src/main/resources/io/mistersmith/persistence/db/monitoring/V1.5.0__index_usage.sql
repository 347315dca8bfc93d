-- kind: function
-- Which indexes earn their keep. Nothing here advises to drop what a constraint, a replica
-- identity, a foreign key or a partitioned index needs, nor to judge by statistics that have only
-- just begun.

-- Since when, at the latest, the statistics of this database count. They survive a restart, so that
-- without a reset in the records the server's start is a safe bound.
CREATE FUNCTION monitoring.statistics_since()
RETURNS TIMESTAMPTZ
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT coalesce(d.stats_reset, pg_postmaster_start_time())
    FROM pg_stat_database d
   WHERE d.datname = current_database();
$$;

-- Whether an index can find the rows by these columns: they lead it, in whatever order, or it is
-- unique and they contain all of its key. A predicate is harmless if all it says is that such a
-- column is not null; p_index narrows the question to one index.
CREATE FUNCTION monitoring.is_indexed(p_table OID, p_columns SMALLINT[], p_index OID DEFAULT NULL)
RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT EXISTS (
    SELECT
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_am m ON m.oid = c.relam
     CROSS JOIN LATERAL (
       SELECT array_agg(k.attnum ORDER BY k.position) AS columns
         FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, position)
        WHERE k.position <= i.indnkeyatts
     ) keys
     WHERE i.indrelid = p_table
       AND i.indisvalid
       AND (p_index IS NULL OR i.indexrelid = p_index)
       AND (m.amname = 'btree' OR (m.amname = 'hash' AND cardinality(p_columns) = 1))
       AND (
         (
           cardinality(keys.columns) >= cardinality(p_columns)
           AND keys.columns[1:cardinality(p_columns)] @> p_columns
           AND keys.columns[1:cardinality(p_columns)] <@ p_columns
         )
         OR (i.indisunique AND keys.columns <@ p_columns)
       )
       AND (
         i.indpred IS NULL
         OR pg_get_expr(i.indpred, i.indrelid) IN (
           SELECT format('(%I IS NOT NULL)', a.attname)
             FROM pg_attribute a
            WHERE a.attrelid = p_table AND a.attnum = ANY (p_columns))
       )
  );
$$;

-- Why an index must stay whatever its scans, or null.
CREATE FUNCTION monitoring.index_purpose(p_index OID)
RETURNS TEXT
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT CASE
      WHEN i.indisprimary THEN 'primary key'
      WHEN i.indisexclusion THEN 'exclusion constraint'
      WHEN EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = p_index) THEN 'a constraint'
      WHEN i.indisunique THEN 'uniqueness'
      WHEN i.indisreplident THEN 'replica identity'
      ELSE (
        SELECT format('foreign key %I', k.conname)
          FROM pg_constraint k
         WHERE k.conrelid = i.indrelid
           AND k.contype = 'f'
           AND monitoring.is_indexed(i.indrelid, k.conkey, p_index)
         ORDER BY k.conname
         LIMIT 1)
    END
    FROM pg_index i
   WHERE i.indexrelid = p_index;
$$;

-- One row an index, least used first; a partitioned index carries the sums of its partitions'.
-- usage_ratio is the share of index entries read that led to a row fetched, in percent: low by
-- nature where scans are index-only or by bitmap, and null where nothing was read.
-- Statistics are each server's own: an index may be idle here and in use on a standby.
CREATE FUNCTION monitoring.analyze_index_usage(
  p_min_statistics_age INTERVAL DEFAULT '7 days',
  -- In transactions, which is all the age of an index that the catalogs tell.
  p_min_index_age INTEGER DEFAULT 10000
)
RETURNS TABLE (
  schema_name TEXT,
  table_name TEXT,
  index_name TEXT,
  index_size TEXT,
  index_scans BIGINT,
  tuples_read BIGINT,
  tuples_fetched BIGINT,
  usage_ratio NUMERIC,
  recommendation TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  WITH indexes AS (
    SELECT
        n.nspname,
        t.relname AS table_name,
        c.relname AS index_name,
        i.indisvalid,
        c.relkind,
        age(i.xmin) AS index_age,
        monitoring.index_purpose(i.indexrelid) AS purpose,
        (SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) AS parent,
        EXISTS (
          SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid
        ) AS in_progress,
        s.*
      FROM pg_index i
      JOIN pg_class c ON c.oid = i.indexrelid
      JOIN pg_class t ON t.oid = i.indrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL (
       SELECT
           coalesce(sum(pg_relation_size(leaf.relid)), 0) AS bytes,
           coalesce(sum(pg_stat_get_numscans(leaf.relid)), 0)::bigint AS scans,
           coalesce(sum(pg_stat_get_tuples_returned(leaf.relid)), 0)::bigint AS read,
           coalesce(sum(pg_stat_get_tuples_fetched(leaf.relid)), 0)::bigint AS fetched
         FROM pg_partition_tree(i.indexrelid) leaf
        WHERE leaf.isleaf
       HAVING c.relkind = 'I'
        UNION ALL
       SELECT
           pg_relation_size(c.oid),
           pg_stat_get_numscans(c.oid),
           pg_stat_get_tuples_returned(c.oid),
           pg_stat_get_tuples_fetched(c.oid)
        WHERE c.relkind = 'i'
     ) s
     WHERE c.relpersistence <> 't'
       AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  ), ratios AS (
    SELECT
        i.*,
        round(100.0 * i.fetched / nullif(i.read, 0), 2) AS ratio,
        clock_timestamp() - monitoring.statistics_since() AS statistics_age
      FROM indexes i
  )
  SELECT
      r.nspname::text,
      r.table_name::text,
      r.index_name::text,
      pg_size_pretty(r.bytes),
      r.scans,
      r.read,
      r.fetched,
      r.ratio,
      CASE
        WHEN r.in_progress THEN 'Being built'
        WHEN NOT r.indisvalid AND r.relkind = 'I' THEN
          'Incomplete - a partition lacks its index: build and attach it'
        WHEN NOT r.indisvalid THEN
          'Invalid - left behind by a failed concurrent build: drop it and build it again'
        WHEN r.parent IS NOT NULL THEN format('Part of %s - judge that one', r.parent)
        WHEN r.purpose IS NOT NULL THEN format('Keep - needed for %s', r.purpose)
        WHEN r.statistics_age < p_min_statistics_age THEN format(
          'Too early to judge - statistics since %s only',
          to_char(monitoring.statistics_since() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'))
        WHEN r.index_age < p_min_index_age THEN 'Too early to judge - the index is new'
        WHEN r.scans = 0 THEN format(
          'Consider dropping - never used in %s days of statistics; ask the standbys first',
          floor(EXTRACT(epoch FROM r.statistics_age) / 86400))
        WHEN r.scans < 100 THEN 'Low usage - review necessity'
        WHEN r.ratio < 10 THEN
          'Low efficiency - review index definition, unless its scans are index-only or by bitmap'
        WHEN r.ratio > 90 THEN 'Highly efficient'
        ELSE 'Normal usage'
      END
    FROM ratios r
   ORDER BY r.scans, r.ratio NULLS FIRST, 1, 2, 3;
$$;
