-- kind: partition
-- Which tables are partitioned by time, in which periods, and for how long they are kept.
--
-- A table is registered by name, not by number, so that the settings survive a dump and restore.
-- Every function here takes the table as regclass, reckons in UTC whatever the session's time
-- zone, and works with the rights of its caller, who must own the table.

CREATE SCHEMA IF NOT EXISTS partitions;

CREATE TABLE partitions.settings (
  parent_schema NAME NOT NULL,
  parent_table NAME NOT NULL,
  -- One partition covers one hour, day, ISO week or month, in UTC.
  period VARCHAR(5) NOT NULL DEFAULT 'day',
  -- How many partitions beyond the current one are kept ready.
  ahead INTEGER NOT NULL DEFAULT 7,
  -- A partition goes when all that it can hold is older than this; null keeps everything.
  retain INTERVAL,
  -- Whether what is older than retain is only detached, for somebody to archive and drop.
  keep_detached BOOLEAN NOT NULL DEFAULT FALSE,
  -- For new partitions, such as {"fillfactor": 90, "autovacuum_vacuum_scale_factor": 0.05}.
  storage_parameters JSONB NOT NULL DEFAULT '{}',
  -- Above how many rows in the default partition a period is divided, so that no single
  -- transaction moves more.
  drain_limit INTEGER NOT NULL DEFAULT 20000,
  last_run_at TIMESTAMPTZ,
  last_success_at TIMESTAMPTZ,
  last_outcome VARCHAR(10),
  last_message TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT settings_pkey PRIMARY KEY (parent_schema, parent_table),
  CONSTRAINT valid_period CHECK (period IN ('hour', 'day', 'week', 'month')),
  CONSTRAINT valid_ahead CHECK (ahead BETWEEN 0 AND 1000),
  CONSTRAINT valid_retain CHECK (retain > INTERVAL '0'),
  CONSTRAINT valid_storage_parameters CHECK (jsonb_typeof(storage_parameters) = 'object'),
  CONSTRAINT valid_drain_limit CHECK (drain_limit > 0),
  CONSTRAINT valid_last_outcome
    CHECK (last_outcome IN ('done', 'incomplete', 'failed', 'missing'))
);

CREATE TRIGGER touch_updated_at
  BEFORE UPDATE OF period, ahead, retain, keep_detached, storage_parameters, drain_limit
  ON partitions.settings
  FOR EACH ROW
  EXECUTE FUNCTION agents.touch_updated_at();

-- The period that an interval names. Intervals are compared by their parts: to PostgreSQL
-- '1 month' equals '30 days'.
CREATE FUNCTION partitions.period_of(p_interval INTERVAL)
RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $$
DECLARE
  v_months INTEGER := extract(YEAR FROM p_interval) * 12 + extract(MONTH FROM p_interval);
  v_days INTEGER := extract(DAY FROM p_interval);
  v_seconds NUMERIC := extract(HOUR FROM p_interval) * 3600
                       + extract(MINUTE FROM p_interval) * 60 + extract(SECOND FROM p_interval);
BEGIN
  IF v_months = 1 AND v_days = 0 AND v_seconds = 0 THEN
    RETURN 'month';
  ELSIF v_months = 0 AND v_days = 7 AND v_seconds = 0 THEN
    RETURN 'week';
  ELSIF v_months = 0 AND v_days * 86400 + v_seconds = 86400 THEN
    RETURN 'day';
  ELSIF v_months = 0 AND v_days = 0 AND v_seconds = 3600 THEN
    RETURN 'hour';
  END IF;
  RAISE EXCEPTION 'a time partition cannot cover %', coalesce(p_interval::text, 'a null interval')
    USING ERRCODE = 'invalid_parameter_value',
          HINT = 'Use 1 hour, 1 day, 7 days or 1 month.';
END;
$$;

-- The column that a table is partitioned by, which must be one timestamptz.
CREATE FUNCTION partitions.time_column(p_table REGCLASS)
RETURNS NAME
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_column NAME;
BEGIN
  SELECT a.attname INTO v_column
    FROM pg_partitioned_table p
    JOIN pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
   WHERE p.partrelid = p_table AND p.partstrat = 'r' AND p.partnatts = 1
     AND a.atttypid = 'timestamptz'::regtype;
  IF v_column IS NULL THEN
    RAISE EXCEPTION '% is not partitioned by time', coalesce(p_table::text, 'a null table')
      USING ERRCODE = 'wrong_object_type',
            HINT = 'PARTITION BY RANGE over a single column of type timestamptz is needed.';
  END IF;
  RETURN v_column;
END;
$$;

-- Has a table maintained from now on; again, it changes the settings. Gives the table a default
-- partition if it has none, and creates no others: manage_time_partitions or maintain does.
CREATE FUNCTION partitions.register(
  p_table REGCLASS,
  p_interval INTERVAL,
  p_ahead INTEGER,
  p_retain INTERVAL DEFAULT NULL
)
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_schema NAME;
  v_table NAME;
BEGIN
  PERFORM partitions.time_column(p_table);
  SELECT n.nspname, c.relname INTO v_schema, v_table
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = p_table;
  INSERT INTO partitions.settings (parent_schema, parent_table, period, ahead, retain)
  VALUES (v_schema, v_table, partitions.period_of(p_interval), p_ahead, p_retain)
  ON CONFLICT (parent_schema, parent_table) DO UPDATE
     SET period = excluded.period, ahead = excluded.ahead, retain = excluded.retain;
  IF (SELECT partdefid FROM pg_partitioned_table WHERE partrelid = p_table) = 0 THEN
    EXECUTE format(
      'CREATE TABLE %I.%I PARTITION OF %s DEFAULT', v_schema, v_table || '_default', p_table);
  END IF;
END;
$$;

-- Leaves a table and its partitions to others. True if it was registered.
CREATE FUNCTION partitions.unregister(p_table REGCLASS)
RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  DELETE FROM partitions.settings s
   USING pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.oid = p_table AND s.parent_schema = n.nspname AND s.parent_table = c.relname;
  RETURN FOUND;
END;
$$;

-- The settings of a table; all null if it is not registered.
CREATE FUNCTION partitions.settings_of(p_table REGCLASS)
RETURNS partitions.settings
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT s
    FROM partitions.settings s
    JOIN pg_namespace n ON n.nspname = s.parent_schema
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.parent_table
   WHERE c.oid = p_table
$$;
