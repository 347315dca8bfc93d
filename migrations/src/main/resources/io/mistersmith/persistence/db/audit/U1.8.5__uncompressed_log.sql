DO $$
DECLARE
  v_partition REGCLASS;
BEGIN
  FOR v_partition IN
    SELECT b.partition_name FROM partitions.bounds('audit.change_log') AS b
  LOOP
    EXECUTE pg_catalog.format('ALTER TABLE %s RESET (toast_tuple_target)', v_partition);
  END LOOP;
END;
$$;

UPDATE partitions.settings
   SET storage_parameters = storage_parameters - 'toast_tuple_target'
 WHERE parent_schema = 'audit' AND parent_table = 'change_log';
