-- kind: function
-- depends-on: 1.13.0
-- Who keeps vacuum from removing rows, and how to end it.

-- Oldest first. Sessions and prepared transactions of this database alone: those of others hold back
-- only the shared catalogs here. Standbys and slots hold back every database. The remedy of a session
-- waits until it is gone: a signal that is sent has released nothing yet.
CREATE FUNCTION monitoring.xmin_holders()
RETURNS TABLE (
  kind TEXT,
  holder TEXT,
  xmin_age BIGINT,
  since TIMESTAMPTZ,
  detail TEXT,
  remedy TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT h.kind, h.holder, h.xmin_age::bigint, h.since, h.detail, h.remedy
    FROM (
      SELECT
          'session',
          a.pid::text,
          greatest(age(a.backend_xmin), age(a.backend_xid)),
          a.xact_start,
          format('%s of %s, %s', coalesce(nullif(a.application_name, ''), 'no application name'),
                 coalesce(a.usename, 'nobody'), coalesce(a.state, 'no state')),
          format('SELECT pg_terminate_backend(%s, 5000)', a.pid)
        FROM pg_stat_activity a
       WHERE a.datname = current_database()
         AND a.pid <> pg_backend_pid()
         AND a.backend_type IS DISTINCT FROM 'walsender'
      UNION ALL
      SELECT
          'standby',
          coalesce(nullif(r.application_name, ''), r.pid::text),
          age(r.backend_xmin),
          NULL,
          format('%s, %s', coalesce(r.client_addr::text, 'local'), r.state),
          'end the oldest query on the standby, or set hot_standby_feedback = off there'
        FROM pg_stat_replication r
      UNION ALL
      SELECT
          'slot',
          s.slot_name,
          greatest(age(s.xmin), age(s.catalog_xmin)),
          NULL,
          format('%s slot, %s', s.slot_type, CASE WHEN s.active THEN 'in use' ELSE 'not in use' END),
          format('SELECT pg_drop_replication_slot(%L)', s.slot_name)
        FROM pg_replication_slots s
      UNION ALL
      SELECT
          'prepared',
          p.gid,
          age(p.transaction),
          p.prepared,
          format('of %s', p.owner),
          format('ROLLBACK PREPARED %L', p.gid)
        FROM pg_prepared_xacts p
       WHERE p.database = current_database()
    ) h (kind, holder, xmin_age, since, detail, remedy)
   WHERE h.xmin_age IS NOT NULL
   ORDER BY h.xmin_age DESC, h.since, h.holder;
$$;
