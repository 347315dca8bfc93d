-- kind: partition
-- depends-on: 1.5.0
-- Keeps changes of up to 8 kB uncompressed in their row. To compress them takes the flush longer than
-- all else that it does for the log.

UPDATE partitions.settings
   SET storage_parameters = storage_parameters || '{"toast_tuple_target": "8160"}'
 WHERE parent_schema = 'audit' AND parent_table = 'change_log';

-- The partitions that exist. maintain() gives it to those that it creates.
DO $$
DECLARE
  v_partition REGCLASS;
BEGIN
  FOR v_partition IN
    SELECT b.partition_name FROM partitions.bounds('audit.change_log') AS b
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s SET (toast_tuple_target = 8160)', v_partition);
  END LOOP;
END;
$$;
