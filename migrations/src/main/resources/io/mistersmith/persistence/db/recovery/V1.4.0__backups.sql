-- kind: schema
-- depends-on: 1.0.0
-- The whole backups that exist, and how old the newest one and the last drill may become.

-- A backup is added once its manifest is stored, and removed when it is pruned.
CREATE TABLE recovery.backups (
  backup_id VARCHAR(100) NOT NULL,
  kind VARCHAR(20) NOT NULL,
  -- What was written before this is in the backup.
  started_at TIMESTAMPTZ NOT NULL,
  completed_at TIMESTAMPTZ NOT NULL,
  bytes BIGINT NOT NULL,
  CONSTRAINT backups_pkey PRIMARY KEY (backup_id),
  CONSTRAINT valid_backup_kind
    CHECK (kind IN ('daily', 'weekly', 'cross-system', 'cross-system-base')),
  CONSTRAINT valid_backup_times CHECK (completed_at >= started_at),
  CONSTRAINT valid_backup_bytes CHECK (bytes >= 0)
);

CREATE INDEX idx_recovery_backups_started ON recovery.backups (started_at);

-- Change a row where backups or drills are made at other times; disable it where nobody makes them.
CREATE TABLE recovery.schedule (
  what VARCHAR(10) NOT NULL,
  allowed_age INTERVAL NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT TRUE,
  -- The age counts from here before the first one.
  since TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT schedule_pkey PRIMARY KEY (what),
  CONSTRAINT valid_schedule_of CHECK (what IN ('backup', 'drill')),
  CONSTRAINT valid_allowed_age CHECK (allowed_age > INTERVAL '0')
);

INSERT INTO recovery.schedule (what, allowed_age)
VALUES ('backup', '26 hours'), ('drill', '35 days');

-- How old the newest backup and the last drill that passed are; more than 1 allowed age is overdue. By the
-- owner's rights, so that every role that looks after the database can ask.
CREATE FUNCTION recovery.ages()
RETURNS TABLE (what TEXT, last_at TIMESTAMPTZ, allowed_age INTERVAL, allowed_ages NUMERIC)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT s.what::text, l.at, s.allowed_age,
         round(greatest(extract(EPOCH FROM clock_timestamp() - coalesce(l.at, s.since)), 0)
               / extract(EPOCH FROM s.allowed_age), 2)
    FROM recovery.schedule AS s
   CROSS JOIN LATERAL (
     SELECT CASE s.what
              WHEN 'backup' THEN (SELECT max(b.started_at) FROM recovery.backups AS b)
              ELSE (SELECT max(t.test_completed_at)
                      FROM recovery.test_results AS t
                     WHERE t.test_status = 'passed')
            END AS at) AS l
   WHERE s.enabled
   ORDER BY s.what
$$;

GRANT USAGE ON SCHEMA recovery TO PUBLIC;
