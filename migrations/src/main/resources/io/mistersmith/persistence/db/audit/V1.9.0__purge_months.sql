-- kind: function
-- depends-on: 1.3.0, core 2.2.0
-- The purge of the upkeep: drops months, and deletes rows of the default partition alone, so that it
-- costs the same however many changes there were. A change stays up to a month longer than asked.
--
-- Runs with its owner's rights, so that a runtime that does not own the log can purge it. Such a one
-- can purge nothing of the last thirty days.

CREATE FUNCTION audit.purge_months(p_retention_days INTEGER)
RETURNS BIGINT
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '500ms'
AS $$
DECLARE
  c_least CONSTANT INTEGER := 30;
  v_limit TIMESTAMPTZ;
  v_partition REGCLASS;
  v_count BIGINT;
  v_removed BIGINT := 0;
  v_problems TEXT[];
BEGIN
  IF p_retention_days IS NULL OR p_retention_days < 1 THEN
    RAISE EXCEPTION 'p_retention_days must be 1 or more, was %', p_retention_days
      USING ERRCODE = '22023';
  END IF;
  IF p_retention_days < c_least AND NOT pg_has_role(session_user, current_user, 'USAGE') THEN
    RAISE EXCEPTION '% may purge what is older than % days, and not what is older than %',
      session_user, c_least, p_retention_days
      USING ERRCODE = '42501', HINT = 'Have the owner of the log call audit.purge_old_records.';
  END IF;
  PERFORM partitions.lock_for_maintenance('audit.change_log');
  v_limit := date_trunc('day', now(), 'UTC') - p_retention_days * INTERVAL '24 hours';
  DELETE FROM ONLY audit.change_log_default WHERE changed_at < v_limit;
  GET DIAGNOSTICS v_removed = ROW_COUNT;
  FOR v_partition IN
    SELECT b.partition_name
      FROM partitions.bounds('audit.change_log') AS b
     WHERE NOT b.is_default AND b.to_at <= v_limit
  LOOP
    EXECUTE format('SELECT count(*) FROM ONLY %s', v_partition) INTO v_count;
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

REVOKE ALL ON FUNCTION audit.purge_months(INTEGER) FROM PUBLIC;
