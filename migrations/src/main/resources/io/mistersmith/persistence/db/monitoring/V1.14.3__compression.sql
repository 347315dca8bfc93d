-- kind: function
-- How the large values of a table are compressed, and how much space the tables take. A method
-- holds for values that are written from then on; those that are there keep theirs, also when their
-- rows are moved to another table or the table is rewritten.

-- The methods of this server: pglz, and lz4 where PostgreSQL was built with it.
CREATE FUNCTION monitoring.compression_methods()
RETURNS TEXT[]
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT s.enumvals FROM pg_settings s WHERE s.name = 'default_toast_compression';
$$;

-- The columns of a table and of its partitions that hold documents, texts or bytes.
CREATE FUNCTION monitoring.compressed_columns(p_table REGCLASS)
RETURNS TABLE (table_oid OID, column_name NAME, compression TEXT)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      c.oid,
      a.attname,
      CASE a.attcompression WHEN 'l' THEN 'lz4' WHEN 'p' THEN 'pglz' ELSE 'default' END
    FROM (
      SELECT p_table::oid AS oid
       UNION
      SELECT t.relid::oid FROM pg_partition_tree(p_table) t
    ) r
    JOIN pg_class c ON c.oid = r.oid AND c.relkind IN ('r', 'p', 'm')
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE a.attstorage IN ('x', 'm')
     AND a.atttypid IN (
       'jsonb'::regtype, 'json'::regtype, 'bytea'::regtype, 'text'::regtype, 'xml'::regtype);
$$;

-- Has a table compress its large values by a method: lz4, pglz, or default, which is that of the
-- setting default_toast_compression. Returns the method that was set: pglz in place of lz4 where
-- the server lacks that, with a notice. Locks the table for a moment, and needs its owner's rights.
CREATE FUNCTION monitoring.set_compression(p_table REGCLASS, p_method TEXT DEFAULT 'lz4')
RETURNS TEXT
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_method TEXT := p_method;
  v_change RECORD;
BEGIN
  IF p_method IS NULL OR p_method NOT IN ('lz4', 'pglz', 'default') THEN
    RAISE EXCEPTION USING
      ERRCODE = 'invalid_parameter_value',
      MESSAGE = format('compression is %s: use lz4, pglz or default', coalesce(p_method, 'null'));
  END IF;
  IF p_method = 'lz4' AND NOT 'lz4' = ANY (monitoring.compression_methods()) THEN
    RAISE NOTICE 'This server was built without lz4: % uses pglz.', p_table;
    v_method := 'pglz';
  END IF;
  FOR v_change IN
    SELECT
        c.table_oid,
        string_agg(
          format('ALTER COLUMN %I SET COMPRESSION %s', c.column_name, v_method),
          ', ' ORDER BY c.column_name) AS actions
      FROM monitoring.compressed_columns(p_table) c
     WHERE c.compression <> v_method
     GROUP BY c.table_oid
     ORDER BY c.table_oid
  LOOP
    EXECUTE format('ALTER TABLE %s %s', v_change.table_oid::regclass, v_change.actions);
  END LOOP;
  RETURN v_method;
END;
$$;

-- The tables of this library that hold large values, with their partitions: the method of new
-- values, or none where the columns are not compressed, and the bytes of rows, of values outside of their rows, and of indexes. Queue and archive
-- of tasks belong together: a row that is archived keeps its values as they are.
CREATE FUNCTION monitoring.storage_by_table()
RETURNS TABLE (
  table_name TEXT,
  compression TEXT,
  row_bytes BIGINT,
  toast_bytes BIGINT,
  index_bytes BIGINT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      n.name,
      coalesce(
        (SELECT string_agg(DISTINCT c.compression, ', ' ORDER BY c.compression)
           FROM monitoring.compressed_columns(r.oid) c),
        'none'),
      coalesce(sum(pg_relation_size(t.oid)), 0)::bigint,
      coalesce(sum(pg_total_relation_size(nullif(t.reltoastrelid, 0))), 0)::bigint,
      coalesce(sum(pg_indexes_size(t.oid)), 0)::bigint
    FROM unnest(ARRAY[
      'agents.checkpoints', 'agents.dead_letters', 'agents.lifecycle_events', 'agents.log_entries',
      'agents.state', 'agents.value_chunks', 'audit.change_log', 'events.outbox',
      'knowledge.facts', 'messages.deliveries', 'messages.log', 'monitoring.query_plans',
      'sagas.entry_writes', 'sagas.log', 'sagas.runs', 'sessions.active', 'tasks.archive',
      'tasks.executions', 'tasks.queue'
    ]) AS n (name)
    JOIN LATERAL (SELECT to_regclass(n.name) AS oid) r ON r.oid IS NOT NULL
    LEFT JOIN LATERAL (
      SELECT c.oid, c.reltoastrelid
        FROM (SELECT r.oid UNION SELECT p.relid FROM pg_partition_tree(r.oid) p) AS x (oid)
        JOIN pg_class c ON c.oid = x.oid AND c.relkind = 'r'
    ) t ON TRUE
   GROUP BY n.name, r.oid
   ORDER BY n.name;
$$;
