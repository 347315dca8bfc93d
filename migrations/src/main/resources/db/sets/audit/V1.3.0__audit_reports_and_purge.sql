-- kind: function
-- What is read from the log, and how it is kept short.

CREATE VIEW audit.daily_activity AS
SELECT
  date_trunc('day', changed_at, 'UTC') AS audit_date,
  table_schema,
  table_name,
  operation,
  count(*) AS change_count,
  count(DISTINCT changed_by) AS unique_users
FROM audit.change_log
GROUP BY date_trunc('day', changed_at, 'UTC'), table_schema, table_name, operation;

REVOKE ALL ON audit.daily_activity FROM PUBLIC;

-- Removes what is older than so many whole days in UTC, and says how many rows that were. Partitions
-- that lie before the limit are detached and dropped; rows are deleted one by one only from the
-- default partition and from the one that the limit lies in. The partitions come last: detaching
-- locks out all writers of audited tables until the caller's transaction ends, and waits at most
-- three seconds for that lock.
CREATE FUNCTION audit.purge_old_records(p_retention_days INTEGER DEFAULT 90)
RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET lock_timeout = '3s'
AS $$
DECLARE
  v_limit TIMESTAMPTZ;
  v_partition RECORD;
  v_whole REGCLASS[] := '{}';
  v_count BIGINT;
  v_removed BIGINT := 0;
BEGIN
  IF p_retention_days IS NULL OR p_retention_days < 1 THEN
    RAISE EXCEPTION 'p_retention_days must be 1 or more, was %', p_retention_days
      USING ERRCODE = '22023';
  END IF;
  v_limit := date_trunc('day', now(), 'UTC') - p_retention_days * INTERVAL '24 hours';
  FOR v_partition IN
    SELECT
      c.oid::regclass AS name,
      b.text = 'DEFAULT' AS is_default,
      nullif(substring(b.text FROM 'FROM \(''([^'']+)''\)'), '')::timestamptz AS lower,
      nullif(substring(b.text FROM 'TO \(''([^'']+)''\)'), '')::timestamptz AS upper
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    CROSS JOIN LATERAL pg_get_expr(c.relpartbound, c.oid) AS b (text)
    WHERE i.inhparent = 'audit.change_log'::regclass AND NOT i.inhdetachpending
  LOOP
    IF v_partition.upper <= v_limit THEN
      v_whole := v_whole || v_partition.name;
    ELSIF v_partition.is_default OR v_partition.lower IS NULL OR v_partition.lower < v_limit THEN
      EXECUTE format('DELETE FROM ONLY %s WHERE changed_at < $1', v_partition.name) USING v_limit;
      GET DIAGNOSTICS v_count = ROW_COUNT;
      v_removed := v_removed + v_count;
    END IF;
  END LOOP;
  FOREACH v_partition.name IN ARRAY v_whole LOOP
    EXECUTE format('SELECT count(*) FROM %s', v_partition.name) INTO v_count;
    v_removed := v_removed + v_count;
  END LOOP;
  FOREACH v_partition.name IN ARRAY v_whole LOOP
    EXECUTE format('ALTER TABLE audit.change_log DETACH PARTITION %s', v_partition.name);
    EXECUTE format('DROP TABLE %s', v_partition.name);
  END LOOP;
  RETURN v_removed;
END;
$$;

REVOKE ALL ON FUNCTION audit.purge_old_records(INTEGER) FROM PUBLIC;
