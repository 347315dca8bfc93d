-- kind: function
-- depends-on: core 16.1.0
-- A role for each kind of connection of a runtime, with the most connections that it may have:
--   app_primary     20   reads and writes of callers
--   app_flush        5   the flush
--   app_background   5   upkeep, sweeps, checks, the outbox
--   app_replica     15   reads that may be old
--   app_analytics   10   reports
-- The scripts are applied by another role, the owner of the tables.
--
-- The roles may log in and have no password. Give each one a password, or a client certificate:
--   ALTER ROLE app_primary PASSWORD '…'
-- Or make them groups, and have users of your own log in, each with a limit of its own:
--   ALTER ROLE app_primary NOLOGIN; CREATE ROLE acme LOGIN CONNECTION LIMIT 20 IN ROLE app_primary
--
-- A role that exists already keeps its settings. Roles belong to the whole cluster.

DO $$
DECLARE
  v_role RECORD;
BEGIN
  FOR v_role IN
    SELECT r.name, r.most
      FROM (
             VALUES ('app_primary', 20), ('app_flush', 5), ('app_background', 5),
                    ('app_replica', 15), ('app_analytics', 10)
           ) AS r (name, most)
  LOOP
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = v_role.name) THEN
      IF EXISTS (
        SELECT
          FROM pg_catalog.pg_roles
         WHERE rolname = v_role.name
           AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
      ) THEN
        RAISE EXCEPTION 'role % is there already and may do more than an application needs',
          v_role.name
          USING
            ERRCODE = '42501',
            HINT = pg_catalog.format(
              'ALTER ROLE %I NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION',
              v_role.name);
      END IF;
    ELSIF NOT (
      SELECT rolsuper OR rolcreaterole FROM pg_catalog.pg_roles WHERE rolname = current_user
    ) THEN
      RAISE EXCEPTION 'role % is missing and % may not create roles', v_role.name, current_user
        USING
          ERRCODE = '42501',
          HINT = pg_catalog.format(
            'As a role with CREATEROLE: CREATE ROLE %I LOGIN CONNECTION LIMIT %s', v_role.name,
            v_role.most);
    ELSE
      BEGIN
        EXECUTE pg_catalog.format(
          'CREATE ROLE %I LOGIN CONNECTION LIMIT %s', v_role.name, v_role.most);
      EXCEPTION
        WHEN duplicate_object OR unique_violation THEN
          RAISE NOTICE 'role % was created by somebody else meanwhile', v_role.name;
      END;
    END IF;
  END LOOP;
END;
$$;
