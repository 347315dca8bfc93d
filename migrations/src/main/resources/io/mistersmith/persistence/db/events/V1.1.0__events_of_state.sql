-- kind: function
-- Notes the changes of agents.state.
--
-- A statement fires the triggers of the table that it names, and of no other: those of the parent
-- for what goes through it, those of a partition for what names it. Each has one INSERT for all rows
-- of the statement.
--
-- A tombstone is a deletion, with the value that the key had. Removing the tombstone is nothing: the
-- key was deleted before. A key that was changed itself is deleted under its old name and new under
-- the other one.
--
-- Old and new rows are joined only where that says something: with tombstones, and when keys were
-- changed. In a first measurement the join took about half of the time that the set adds to a flush.
--
-- The functions have their owner's rights, so that writers need none on the outbox.

-- Notes in a setting of the transaction that keys were changed.
CREATE FUNCTION events.note_changed_key()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  PERFORM set_config('events.changed_keys', 'true', TRUE);
  RETURN NEW;
END;
$$;

CREATE FUNCTION events.notify_agent_state_change()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_xid XID8;
  v_at TIMESTAMPTZ := clock_timestamp();
  v_segment SMALLINT;
BEGIN
  -- An upsert fires the triggers of both, and most have rows for one.
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
      RETURN NULL;
    END IF;
  ELSIF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;
  -- Before any id is taken: see events.ticks.
  v_xid := pg_current_xact_id();
  SELECT s.last_value & 3 INTO v_segment FROM events.segments AS s;
  -- Where the rows have no column tenant_id, the name is that of the constant beside them.
  IF TG_OP = 'INSERT' THEN
    INSERT INTO events.outbox
           (segment, xid, at, kind, subject_id, tenant_id, epoch, version, owner, state_key,
            new_value, new_document)
    SELECT v_segment, v_xid, v_at,
           CASE WHEN c.deleted_at IS NULL THEN 'state_insert' ELSE 'state_delete' END
             ::events.change_kind,
           c.agent_id, c.tenant, c.epoch, c.version, c.owner, c.state_key,
           CASE WHEN c.deleted_at IS NULL THEN c.state_value END,
           CASE WHEN c.deleted_at IS NULL THEN c.state_document END
      FROM (SELECT NULL::UUID AS tenant_id) AS none
     CROSS JOIN LATERAL (SELECT n.*, tenant_id AS tenant FROM new_rows AS n) AS c;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO events.outbox
           (segment, xid, at, kind, subject_id, tenant_id, epoch, version, owner, state_key,
            old_value, old_document)
    SELECT v_segment, v_xid, v_at, 'state_delete',
           c.agent_id, c.tenant, c.epoch, c.version, c.owner, c.state_key, c.state_value,
           c.state_document
      FROM (SELECT NULL::UUID AS tenant_id) AS none
     CROSS JOIN LATERAL (SELECT o.*, tenant_id AS tenant FROM old_rows AS o) AS c
     WHERE c.deleted_at IS NULL;
  ELSIF coalesce(current_setting('events.changed_keys', TRUE), '') = ''
    AND NOT EXISTS (SELECT FROM old_rows WHERE deleted_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM new_rows WHERE deleted_at IS NOT NULL)
  THEN
    INSERT INTO events.outbox
           (segment, xid, at, kind, subject_id, tenant_id, epoch, version, owner, state_key,
            new_value, new_document)
    SELECT v_segment, v_xid, v_at, 'state_update',
           c.agent_id, c.tenant, c.epoch, c.version, c.owner, c.state_key, c.state_value,
           c.state_document
      FROM (SELECT NULL::UUID AS tenant_id) AS none
     CROSS JOIN LATERAL (SELECT n.*, tenant_id AS tenant FROM new_rows AS n) AS c;
  ELSE
    PERFORM set_config('events.changed_keys', '', TRUE);
    INSERT INTO events.outbox
           (segment, xid, at, kind, subject_id, tenant_id, epoch, version, owner, state_key,
            old_value, old_document, new_value, new_document)
    SELECT v_segment, v_xid, v_at,
           CASE
             WHEN n.agent_id IS NULL OR n.deleted_at IS NOT NULL THEN 'state_delete'
             WHEN o.agent_id IS NULL OR o.deleted_at IS NOT NULL THEN 'state_insert'
             ELSE 'state_update'
           END::events.change_kind,
           coalesce(n.agent_id, o.agent_id), coalesce(n.tenant, o.tenant),
           coalesce(n.epoch, o.epoch), coalesce(n.version, o.version),
           coalesce(n.owner, o.owner), coalesce(n.state_key, o.state_key),
           CASE WHEN v.is_gone AND o.deleted_at IS NULL THEN o.state_value END,
           CASE WHEN v.is_gone AND o.deleted_at IS NULL THEN o.state_document END,
           CASE WHEN NOT v.is_gone THEN n.state_value END,
           CASE WHEN NOT v.is_gone THEN n.state_document END
      FROM (
             SELECT c.*
               FROM (SELECT NULL::UUID AS tenant_id) AS none
              CROSS JOIN LATERAL (SELECT t.*, tenant_id AS tenant FROM old_rows AS t) AS c
           ) AS o
      FULL JOIN (
             SELECT c.*
               FROM (SELECT NULL::UUID AS tenant_id) AS none
              CROSS JOIN LATERAL (SELECT t.*, tenant_id AS tenant FROM new_rows AS t) AS c
           ) AS n
        ON n.agent_id = o.agent_id AND n.state_key = o.state_key
     CROSS JOIN LATERAL (
             SELECT n.agent_id IS NULL OR n.deleted_at IS NOT NULL AS is_gone
           ) AS v
     -- A tombstone that is still the same one.
     WHERE NOT (
             o.deleted_at IS NOT NULL
             AND v.is_gone
             AND (n.agent_id IS NULL OR (o.epoch, o.version) = (n.epoch, n.version))
           );
  END IF;
  RETURN NULL;
END;
$$;

-- TRUNCATE of the parent fires the triggers of all partitions too. It is one event: before it, all
-- partitions are noted in a setting of the transaction, and each trigger of a partition takes its
-- own out.
CREATE FUNCTION events.notify_agent_state_truncated()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v_xid XID8 := pg_current_xact_id();
  v_at TIMESTAMPTZ := clock_timestamp();
  v_parts OID[] := coalesce(nullif(current_setting('events.truncated_parts', TRUE), ''), '{}');
BEGIN
  IF TG_RELID = ANY (v_parts) THEN
    PERFORM set_config('events.truncated_parts', array_remove(v_parts, TG_RELID)::TEXT, TRUE);
    RETURN NULL;
  END IF;
  IF TG_WHEN = 'BEFORE' THEN
    PERFORM set_config(
      'events.truncated_parts',
      (SELECT array_agg(i.inhrelid)::TEXT FROM pg_inherits AS i WHERE i.inhparent = TG_RELID),
      TRUE
    );
  END IF;
  INSERT INTO events.outbox (segment, xid, at, kind, payload)
  SELECT s.last_value & 3, v_xid, v_at, 'state_truncate',
         json_build_object(
           'operation', TG_OP,
           'table', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME,
           'timestamp', extract(EPOCH FROM v_at)
         )
    FROM events.segments AS s;
  RETURN NULL;
END;
$$;

-- A role that could use them in triggers on tables of its own could write anything to the outbox.
REVOKE ALL ON FUNCTION
  events.notify_agent_state_change(), events.notify_agent_state_truncated()
FROM PUBLIC;

CREATE TRIGGER events_note_changed_key
  BEFORE UPDATE OF agent_id, state_key ON agents.state
  FOR EACH ROW
  WHEN ((OLD.agent_id, OLD.state_key) IS DISTINCT FROM (NEW.agent_id, NEW.state_key))
  EXECUTE FUNCTION events.note_changed_key();

DO $$
DECLARE
  v_table REGCLASS;
BEGIN
  FOR v_table IN
    SELECT 'agents.state'::REGCLASS
     UNION ALL
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = 'agents.state'::REGCLASS
  LOOP
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER events_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION events.notify_agent_state_change()',
      v_table
    );
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER events_updated AFTER UPDATE ON %s'
        ' REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION events.notify_agent_state_change()',
      v_table
    );
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER events_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION events.notify_agent_state_change()',
      v_table
    );
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER events_truncated %s TRUNCATE ON %s'
        ' FOR EACH STATEMENT EXECUTE FUNCTION events.notify_agent_state_truncated()',
      CASE WHEN v_table = 'agents.state'::REGCLASS THEN 'BEFORE' ELSE 'AFTER' END,
      v_table
    );
  END LOOP;
END;
$$;
