-- kind: function
-- depends-on: 1.1.0, core 2.2.0
-- Lets app_background maintain the time partitions, which only their owner can create and drop. It
-- chooses the table, and neither the time nor what is kept: those are in partitions.settings.

CREATE FUNCTION partitions.maintain_as_owner(p_table REGCLASS)
RETURNS TABLE (
  outcome TEXT,
  created INTEGER,
  drained BIGINT,
  detached INTEGER,
  message TEXT
)
LANGUAGE plpgsql STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RETURN QUERY
    SELECT m.outcome, m.created, m.drained, m.detached, m.message
      FROM partitions.maintain(now(), p_table) AS m;
END;
$$;

REVOKE ALL ON FUNCTION partitions.maintain_as_owner(REGCLASS) FROM PUBLIC;

GRANT EXECUTE ON FUNCTION partitions.maintain_as_owner(REGCLASS) TO app_background;
