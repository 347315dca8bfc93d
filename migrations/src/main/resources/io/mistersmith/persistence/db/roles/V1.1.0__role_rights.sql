-- kind: function
-- depends-on: 1.0.0
-- The rights of the roles, as one table. Run SELECT agents.grant_role_rights() as the owner of the
-- tables after scripts of other sets were applied: it grants what the tables need that are there now,
-- and takes back everything else that the roles have in the schemas of this library. Rights of your
-- own belong to another role.
--
-- Functions need no grants, unless they are taken from PUBLIC: they run with the rights of their
-- caller. No role has a right on a partition, on which no policy of the set tenants holds, or may
-- truncate a table.

-- S, I, U and D stand for SELECT, INSERT, UPDATE and DELETE, G for USAGE of a sequence.
CREATE FUNCTION agents.role_rights()
RETURNS TABLE (relation TEXT, role_name NAME, rights TEXT)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog
AS $$
  SELECT t.relation, r.role_name, r.rights
    FROM (
           VALUES
             ('agents.installation', 'S', 'S', 'S', 'S', 'S'),
             ('agents.registry', 'SIUD', 'S', 'SIU', 'S', 'S'),
             ('agents.state', 'SIUD', 'SIUD', 'SIUD', 'S', 'S'),
             ('agents.log_entries', 'SIUD', 'SIUD', 'SIUD', 'S', 'S'),
             ('agents.large_values', 'SIU', 'SIU', 'SIUD', 'S', 'S'),
             ('agents.value_chunks', 'SI', 'SI', 'SID', 'S', 'S'),
             ('agents.large_value_names', 'SI', 'SI', 'SID', 'S', 'S'),
             ('agents.checkpoints', 'SID', 'S', 'SID', 'S', 'S'),
             ('agents.lifecycle_events', 'SI', NULL, 'SI', 'S', 'S'),
             ('agents.data_keys', 'SIU', NULL, NULL, NULL, NULL),
             ('agents.forgotten', NULL, NULL, 'SIU', NULL, NULL),
             ('agents.dead_letters', 'SIUD', 'SIUD', 'SIUD', NULL, NULL),
             ('agents.committed_transactions', 'SID', NULL, 'SID', NULL, NULL),
             ('agents.journal_epochs', 'S', 'SI', 'SI', NULL, NULL),
             ('agents.journal_positions', 'S', 'SIU', 'SIU', NULL, NULL),
             ('agents.journal_leases', 'SD', 'SIUD', 'SIUD', NULL, NULL),
             ('agents.journal_samples', 'S', 'SID', 'SID', NULL, NULL),
             ('agents.journal_epoch_numbers', NULL, 'G', 'G', NULL, NULL),
             ('tasks.queue', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('tasks.dependencies', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('tasks.dependency_lock', 'SIU', NULL, 'SIU', NULL, NULL),
             ('tasks.executions', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('tasks.execution_attempts', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('tasks.archive', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('tasks.ready', 'SIUD', NULL, 'SIUD', NULL, NULL),
             ('tasks.leases', 'SIUD', NULL, 'SIUD', NULL, NULL),
             ('tasks.timers', 'SIUD', NULL, 'SIUD', NULL, NULL),
             ('tasks.ready_positions', 'SG', NULL, 'SG', NULL, NULL),
             ('tasks.lease_tokens', 'SG', NULL, 'SG', NULL, NULL),
             ('messages.channels', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('messages.subscriptions', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('messages.log', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('messages.deliveries', 'SIUD', NULL, 'SIUD', 'S', 'S'),
             ('messages.handled', 'SI', NULL, 'SID', NULL, NULL),
             -- Who is logged in, from where, with which rights: no matter of reports.
             ('sessions.active', 'SIUD', NULL, 'SIUD', 'S', NULL),
             -- Forgetting deletes facts of an agent, and runs of sagas that name it.
             ('knowledge.facts', 'SIUD', NULL, 'SD', 'S', 'S'),
             ('knowledge.embeddings', 'SIUD', NULL, NULL, 'S', 'S'),
             ('knowledge.embedding_models', 'SIUD', NULL, NULL, 'S', 'S'),
             ('sagas.runs', 'SIUD', NULL, 'SD', 'S', 'S'),
             ('sagas.log', 'SID', NULL, 'SD', 'S', 'S'),
             ('sagas.open', 'SIUD', NULL, 'S', 'S', 'S'),
             ('sagas.entry_writes', 'SIUD', NULL, 'SIUD', NULL, NULL),
             ('partitions.settings', 'S', NULL, 'S', NULL, NULL),
             ('migrations.applied_migrations', 'S', 'S', 'S', NULL, NULL),
             ('audit.change_log', 'S', NULL, NULL, NULL, NULL),
             ('monitoring.alert_thresholds', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.alert_states', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.alert_notices', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.service_levels', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.database_samples', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.capacity_samples', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.query_plans', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.index_recommendations', 'SU', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.jobs', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.job_runs', 'S', NULL, 'SIUD', NULL, 'S'),
             ('monitoring.client_sessions', NULL, NULL, 'S', NULL, 'S'),
             ('monitoring.connection_stats', NULL, NULL, 'S', NULL, 'S'),
             ('monitoring.column_widths', NULL, NULL, 'S', NULL, 'S')
         ) AS t (relation, callers, flush, background, replicas, reports)
   CROSS JOIN LATERAL (
           VALUES
             ('app_primary'::NAME, t.callers),
             ('app_flush', t.flush),
             ('app_background', t.background),
             ('app_replica', t.replicas),
             ('app_analytics', t.reports)
         ) AS r (role_name, rights)
   WHERE r.rights IS NOT NULL
$$;

-- Takes back all rights that the roles have in the schemas of this library.
CREATE FUNCTION agents.revoke_role_rights()
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_right RECORD;
BEGIN
  FOR v_right IN
    SELECT DISTINCT
           CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           format('%I.%I', n.nspname, c.relname) AS name,
           pg_get_userbyid(x.grantee) AS role_name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     CROSS JOIN LATERAL aclexplode(c.relacl) AS x
     WHERE n.nspname = ANY (agents.role_schemas())
       AND x.grantee <> 0
       AND pg_get_userbyid(x.grantee) IN (SELECT r.role_name FROM agents.role_rights() AS r)
    UNION ALL
    SELECT DISTINCT 'FUNCTION', p.oid::REGPROCEDURE::TEXT, pg_get_userbyid(x.grantee)
      FROM pg_proc AS p
      JOIN pg_namespace AS n ON n.oid = p.pronamespace
     CROSS JOIN LATERAL aclexplode(p.proacl) AS x
     WHERE n.nspname = ANY (agents.role_schemas())
       AND x.grantee <> 0
       AND pg_get_userbyid(x.grantee) IN (SELECT r.role_name FROM agents.role_rights() AS r)
    UNION ALL
    SELECT DISTINCT 'SCHEMA', quote_ident(n.nspname), pg_get_userbyid(x.grantee)
      FROM pg_namespace AS n
     CROSS JOIN LATERAL aclexplode(n.nspacl) AS x
     WHERE n.nspname = ANY (agents.role_schemas())
       AND x.grantee <> 0
       AND pg_get_userbyid(x.grantee) IN (SELECT r.role_name FROM agents.role_rights() AS r)
  LOOP
    EXECUTE format('REVOKE ALL ON %s %s FROM %I', v_right.kind, v_right.name, v_right.role_name);
  END LOOP;
END;
$$;

-- The schemas of this library.
CREATE FUNCTION agents.role_schemas()
RETURNS NAME[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog
AS $$
  SELECT ARRAY[
    'agents', 'tasks', 'messages', 'sessions', 'knowledge', 'sagas', 'partitions', 'monitoring',
    'events', 'audit', 'recovery', 'migrations'
  ]::NAME[]
$$;

-- Gives the roles what agents.role_rights() says, where the table is there, and nothing else.
--
-- Beside the set tenants the policies hold for all of them: each session sees the tenant that it names.
-- Then callers see nothing of the schemas monitoring and audit, and nobody reads the outbox, or takes
-- values out of the audit: they have what all tenants do. A runtime that works for all tenants, or publishes the changes of all, has users of its
-- own that are members of these roles and of app_flusher.
CREATE FUNCTION agents.grant_role_rights()
RETURNS VOID
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_tenants CONSTANT BOOLEAN :=
    to_regprocedure('agents.isolate_table(regclass,text[])') IS NOT NULL;
  v_right RECORD;
BEGIN
  PERFORM agents.revoke_role_rights();
  FOR v_right IN
    SELECT split_part(r.relation, '.', 1) AS schema_name,
           r.relation,
           r.role_name,
           CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind,
           (
             SELECT string_agg(
                      CASE k.letter
                        WHEN 'S' THEN 'SELECT'
                        WHEN 'I' THEN 'INSERT'
                        WHEN 'U' THEN 'UPDATE'
                        WHEN 'D' THEN 'DELETE'
                        WHEN 'G' THEN 'USAGE'
                      END,
                      ', ')
               FROM regexp_split_to_table(r.rights, '') AS k (letter)
           ) AS privileges
      FROM agents.role_rights() AS r
      JOIN pg_class AS c ON c.oid = to_regclass(r.relation)
     WHERE NOT v_tenants
        OR r.relation !~ '^(monitoring|audit)\.'
        OR r.role_name = 'app_background'
  LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', v_right.schema_name, v_right.role_name);
    EXECUTE format(
      'GRANT %s ON %s %s TO %I',
      v_right.privileges, v_right.kind, v_right.relation, v_right.role_name
    );
  END LOOP;
  -- Whether or not this runner keeps its history there.
  IF to_regnamespace('migrations') IS NOT NULL THEN
    GRANT USAGE ON SCHEMA migrations TO app_primary, app_flush, app_background;
  END IF;
  FOR v_right IN
    SELECT f.routine,
           split_part(f.routine, '.', 1) AS schema_name
      FROM (
             VALUES
               ('partitions.maintain_as_owner(regclass)', TRUE),
               ('events.forget(uuid,uuid[],timestamptz,integer)', TRUE),
               ('audit.forget(uuid,uuid[],timestamptz,integer)', NOT v_tenants),
               ('audit.purge_months(integer)', NOT v_tenants)
           ) AS f (routine, granted)
     WHERE f.granted AND to_regprocedure(f.routine) IS NOT NULL
  LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO app_background', v_right.schema_name);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO app_background', v_right.routine);
  END LOOP;
  IF to_regprocedure('events.allow_relay(name)') IS NOT NULL AND NOT v_tenants THEN
    PERFORM events.allow_relay('app_background');
  END IF;
END;
$$;

REVOKE ALL ON FUNCTION agents.grant_role_rights(), agents.revoke_role_rights() FROM PUBLIC;

SELECT agents.grant_role_rights();
