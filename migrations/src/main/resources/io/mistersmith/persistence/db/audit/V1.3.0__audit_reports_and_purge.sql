-- kind: function
-- depends-on: 1.0.0, core 2.2.0
-- Reports from the log, and the purge that keeps it short.

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
-- locks out all writers of audited tables until the caller's transaction ends. If it cannot have
-- that lock within half a second, nothing is removed.
CREATE FUNCTION audit.purge_old_records(p_retention_days INTEGER DEFAULT 90)
RETURNS BIGINT
LANGUAGE plpgsql
SET search_path = pg_catalog
SET lock_timeout = '500ms'
AS $$
DECLARE
  v_limit TIMESTAMPTZ;
  v_partition RECORD;
  v_statement TEXT;
  v_count BIGINT;
  v_removed BIGINT := 0;
  v_problems TEXT[];
BEGIN
  IF p_retention_days IS NULL OR p_retention_days < 1 THEN
    RAISE EXCEPTION 'p_retention_days must be 1 or more, was %', p_retention_days
      USING ERRCODE = '22023';
  END IF;
  PERFORM partitions.lock_for_maintenance('audit.change_log');
  v_limit := date_trunc('day', now(), 'UTC') - p_retention_days * INTERVAL '24 hours';
  FOR v_partition IN
    SELECT b.partition_name, NOT b.is_default AND b.to_at <= v_limit AS is_whole
      FROM partitions.bounds('audit.change_log') AS b
     WHERE b.is_default OR b.from_at < v_limit
  LOOP
    v_statement := CASE
      WHEN v_partition.is_whole
        THEN 'SELECT count(*) FROM ONLY %s WHERE changed_at < $1'
      ELSE
        'WITH old AS (DELETE FROM ONLY %s WHERE changed_at < $1 RETURNING 1) SELECT count(*) FROM old'
    END;
    EXECUTE format(v_statement, v_partition.partition_name) INTO v_count USING v_limit;
    v_removed := v_removed + v_count;
  END LOOP;
  SELECT r.problems
    INTO v_problems
    FROM partitions.retire('audit.change_log', v_limit, FALSE) AS r;
  IF cardinality(v_problems) > 0 THEN
    RAISE EXCEPTION 'nothing was purged: %', array_to_string(v_problems, '; ')
      USING ERRCODE = '55000', HINT = 'Call it again when nobody is in the way.';
  END IF;
  RETURN v_removed;
END;
$$;

REVOKE ALL ON FUNCTION audit.purge_old_records(INTEGER) FROM PUBLIC;
