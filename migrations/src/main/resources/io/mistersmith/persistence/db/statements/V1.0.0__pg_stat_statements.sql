-- kind: schema
-- depends-on: monitoring 1.10.0
-- The statistics of statements. An extension that is there already stays where it is; a new one goes
-- to the schema monitoring, by which the way back knows it as this script's own.

DO $$
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_stat_statements SCHEMA monitoring;
  EXCEPTION
    WHEN insufficient_privilege THEN
      RAISE EXCEPTION USING
        ERRCODE = 'insufficient_privilege',
        MESSAGE = format(
          'The set "statements" needs the extension pg_stat_statements, which %s may not create',
          current_user),
        HINT = 'Let a superuser run CREATE EXTENSION pg_stat_statements in this database, then'
          ' apply again; or leave this set out.';
    -- No control file of the extension; PostgreSQL 15 says undefined_file.
    WHEN undefined_file OR feature_not_supported THEN
      RAISE EXCEPTION USING
        ERRCODE = 'feature_not_supported',
        MESSAGE = 'The set "statements" needs the extension pg_stat_statements, which this server'
          ' lacks',
        HINT = 'Install PostgreSQL''s contrib package, then apply again; or leave this set out.';
  END;
  IF monitoring.statement_statistics_obstacle() IS NOT NULL THEN
    RAISE EXCEPTION USING
      ERRCODE = 'object_not_in_prerequisite_state',
      MESSAGE = format(
        'The set "statements" cannot be used: %s', monitoring.statement_statistics_obstacle()),
      HINT = 'Then apply again; or leave this set out.';
  END IF;
END
$$;
