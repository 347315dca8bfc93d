-- kind: function
-- depends-on: 1.7.2
-- The trigger function that writes the log once for each statement.
--
-- A row trigger reads the rules and the catalog, and inserts, once for each row. This one does so
-- once for all rows of a statement. Updates of agents.state, which are nearly all that the flush does,
-- are compared column by column; those of other tables as documents.
--
-- audit.log_changes stays for TRUNCATE, and for tables without a primary key.

-- Logs the rows that a statement changed. Takes as arguments the columns whose changes alone are not
-- worth a row. A partition's changes are logged under the name of its root.
--
-- Old and new rows are joined by the primary key: an update that changes the key is logged as a
-- DELETE and an INSERT, as one that moves a row to another partition always was.
--
-- The actor of a row of agents.state is its writer where the statement wrote an entry, which a new
-- (epoch, version) shows. It is the transaction's where somebody changed the row by hand.
--
-- What row triggers of a table change in other rows is logged before the statement itself: they run
-- first.
--
-- Runs with its owner's rights, so that writers need none on the log.
CREATE FUNCTION audit.log_statement()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c_masked CONSTANT JSONB := '{"old": "***REDACTED***", "new": "***REDACTED***"}';
  v_root REGCLASS := coalesce(pg_partition_root(TG_RELID), TG_RELID);
  v_schema TEXT;
  v_table TEXT;
  v_key TEXT[];
  v_others TEXT[];
  v_more TEXT[];
  v_is_traced BOOLEAN;
  v_key_is_plain BOOLEAN;
  v_quiet TEXT[] := coalesce(TG_ARGV, '{}');
  v_is_state BOOLEAN := v_root = 'agents.state'::REGCLASS;
  v_rules audit.table_rules;
  v_role TEXT := nullif(current_setting('role'), 'none');
  v_actor TEXT := nullif(current_setting('persistence.actor', TRUE), '');
  v_correlation TEXT := nullif(current_setting('persistence.correlation_id', TRUE), '');
BEGIN
  -- An upsert fires the triggers of both, and most have rows for one.
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT FROM old_rows) THEN
      RETURN NULL;
    END IF;
  ELSIF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;

  SELECT n.nspname, c.relname
    INTO v_schema, v_table
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.oid = v_root;
  SELECT array_agg(a.attname::TEXT) FILTER (WHERE i.indexrelid IS NOT NULL),
         coalesce(array_agg(a.attname::TEXT) FILTER (WHERE i.indexrelid IS NULL), '{}'),
         coalesce(
           bool_and(a.atttypid <> 'jsonb'::REGTYPE) FILTER (WHERE i.indexrelid IS NOT NULL), FALSE
         )
    INTO v_key, v_others, v_key_is_plain
    FROM pg_attribute AS a
    LEFT JOIN pg_index AS i
      ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)
   WHERE a.attrelid = v_root AND a.attnum > 0 AND NOT a.attisdropped;
  IF v_key IS NULL THEN
    RAISE EXCEPTION 'it has no primary key: use audit.log_changes, for each row';
  END IF;
  v_rules := audit.rules_of(v_schema, v_table, v_key || v_others);
  v_key_is_plain := v_key_is_plain
    AND NOT v_key && (v_rules.masked || v_rules.named || v_rules.keyed)
    AND NOT audit.may_have_secrets(v_rules, array_to_string(v_key, '": ') || '": ');

  IF TG_OP = 'INSERT' THEN
    INSERT INTO audit.change_log (
      table_schema, table_name, operation, effective_role, client_addr, application_name, actor,
      correlation_id, row_data, new_data
    )
    SELECT v_schema, v_table, 'INSERT', v_role, inet_client_addr(),
           current_setting('application_name'),
           coalesce(CASE WHEN v_is_state THEN r.whole ->> 'actor' END, v_actor),
           coalesce(CASE WHEN v_is_state THEN r.whole ->> 'correlation_id' END, v_correlation),
           m.shown - v_others, m.shown
      FROM (SELECT to_jsonb(t) AS whole FROM new_rows AS t OFFSET 0) AS r
     CROSS JOIN LATERAL (SELECT audit.masked(v_rules, r.whole) AS shown OFFSET 0) AS m;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO audit.change_log (
      table_schema, table_name, operation, effective_role, client_addr, application_name, actor,
      correlation_id, row_data, old_data
    )
    SELECT v_schema, v_table, 'DELETE', v_role, inet_client_addr(),
           current_setting('application_name'), v_actor, v_correlation,
           m.shown - v_others, m.shown
      FROM (SELECT to_jsonb(t) AS whole FROM old_rows AS t OFFSET 0) AS r
     CROSS JOIN LATERAL (SELECT audit.masked(v_rules, r.whole) AS shown OFFSET 0) AS m;
  ELSIF v_is_state
    AND v_quiet = '{}'
    AND v_rules.keyed = '{}'
    AND v_rules.named_by <@ ARRAY['state_key']
    AND v_key_is_plain
  THEN
    v_more := ARRAY(
      SELECT unnest(v_others)
      EXCEPT
      SELECT unnest(
               ARRAY[
                 'owner', 'registered', 'state_value', 'state_document', 'epoch', 'version',
                 'checksum', 'created_at', 'updated_at', 'expires_at', 'deleted_at', 'hybrid_time',
                 'vector_clock', 'actor', 'correlation_id'
               ]
             )
    );
    -- Most batches have none, and keys recur from row to row.
    v_is_traced := v_more <> '{}' OR EXISTS (
      SELECT
        FROM (
               SELECT DISTINCT right(t.part, v_rules.longest) AS tail
                 FROM old_rows AS o
                 JOIN new_rows AS n ON n.agent_id = o.agent_id AND n.state_key = o.state_key
                CROSS JOIN LATERAL string_to_table(
                        concat(
                          o.state_key,
                          '": ',
                          CASE
                            WHEN o.state_value <> n.state_value
                              THEN concat(o.state_value, n.state_value)
                          END
                        ),
                        '": '
                      ) AS t (part)
             ) AS k
       WHERE translate(lower(k.tail COLLATE "C"), '-_. ', '') LIKE ANY (v_rules.traces));
    INSERT INTO audit.change_log (
      table_schema, table_name, operation, effective_role, client_addr, application_name, actor,
      correlation_id, row_data, changed_fields, old_data, new_data
    )
    SELECT v_schema, v_table,
           CASE
             WHEN o.agent_id IS NULL THEN 'INSERT'
             WHEN n.agent_id IS NULL THEN 'DELETE'
             ELSE 'UPDATE'
           END,
           v_role, inet_client_addr(), current_setting('application_name'),
           coalesce(CASE WHEN e.is_entry THEN n.actor END, v_actor),
           coalesce(CASE WHEN e.is_entry THEN n.correlation_id END, v_correlation),
           jsonb_build_object(
             'agent_id', coalesce(o.agent_id, n.agent_id),
             'state_key', coalesce(o.state_key, n.state_key)
           ),
           CASE
             WHEN o.agent_id IS NULL OR n.agent_id IS NULL THEN NULL
             WHEN v_is_traced THEN audit.masked_fields(v_rules, d.fields, to_jsonb(o), to_jsonb(n))
             ELSE d.fields
           END,
           CASE WHEN n.agent_id IS NULL THEN audit.masked(v_rules, to_jsonb(o)) END,
           CASE WHEN o.agent_id IS NULL THEN audit.masked(v_rules, to_jsonb(n)) END
      FROM old_rows AS o
      FULL JOIN new_rows AS n ON n.agent_id = o.agent_id AND n.state_key = o.state_key
     CROSS JOIN LATERAL (
             SELECT (n.epoch, n.version) IS DISTINCT FROM (o.epoch, o.version) AS is_entry
           ) AS e
     CROSS JOIN LATERAL (
             SELECT
                      CASE
                        WHEN o.owner IS DISTINCT FROM n.owner
                          THEN jsonb_build_object(
                                 'owner', jsonb_build_object('old', o.owner, 'new', n.owner))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.registered IS DISTINCT FROM n.registered
                          THEN jsonb_build_object(
                                 'registered', jsonb_build_object('old', o.registered, 'new', n.registered))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.epoch IS DISTINCT FROM n.epoch
                          THEN jsonb_build_object(
                                 'epoch', jsonb_build_object('old', o.epoch, 'new', n.epoch))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.version IS DISTINCT FROM n.version
                          THEN jsonb_build_object(
                                 'version', jsonb_build_object('old', o.version, 'new', n.version))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.checksum IS DISTINCT FROM n.checksum
                          THEN jsonb_build_object(
                                 'checksum', jsonb_build_object('old', o.checksum, 'new', n.checksum))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.created_at IS DISTINCT FROM n.created_at
                          THEN jsonb_build_object(
                                 'created_at', jsonb_build_object('old', o.created_at, 'new', n.created_at))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.updated_at IS DISTINCT FROM n.updated_at
                          THEN jsonb_build_object(
                                 'updated_at', jsonb_build_object('old', o.updated_at, 'new', n.updated_at))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.expires_at IS DISTINCT FROM n.expires_at
                          THEN jsonb_build_object(
                                 'expires_at', jsonb_build_object('old', o.expires_at, 'new', n.expires_at))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.deleted_at IS DISTINCT FROM n.deleted_at
                          THEN jsonb_build_object(
                                 'deleted_at', jsonb_build_object('old', o.deleted_at, 'new', n.deleted_at))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.hybrid_time IS DISTINCT FROM n.hybrid_time
                          THEN jsonb_build_object(
                                 'hybrid_time', jsonb_build_object('old', o.hybrid_time, 'new', n.hybrid_time))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.vector_clock IS DISTINCT FROM n.vector_clock
                          THEN jsonb_build_object(
                                 'vector_clock', jsonb_build_object('old', o.vector_clock, 'new', n.vector_clock))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.actor IS DISTINCT FROM n.actor
                          THEN jsonb_build_object(
                                 'actor', jsonb_build_object('old', o.actor, 'new', n.actor))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.correlation_id IS DISTINCT FROM n.correlation_id
                          THEN jsonb_build_object(
                                 'correlation_id', jsonb_build_object('old', o.correlation_id, 'new', n.correlation_id))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.state_value IS DISTINCT FROM n.state_value
                          THEN jsonb_build_object(
                                 'state_value', jsonb_build_object('old', o.state_value, 'new', n.state_value))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN o.state_document IS DISTINCT FROM n.state_document
                          THEN jsonb_build_object(
                                 'state_document', jsonb_build_object('old', o.state_document, 'new', n.state_document))
                        ELSE '{}'
                      END
                      || CASE
                        WHEN v_more = '{}' THEN '{}'
                        ELSE coalesce(
                               (
                                 SELECT jsonb_object_agg(
                                          m.name,
                                          jsonb_build_object(
                                            'old', to_jsonb(o) -> m.name,
                                            'new', to_jsonb(n) -> m.name))
                                   FROM unnest(v_more) AS m (name)
                                  WHERE to_jsonb(o) -> m.name IS DISTINCT FROM to_jsonb(n) -> m.name
                               ),
                               '{}')
                      END
                    AS changed
             OFFSET 0
           ) AS c
     CROSS JOIN LATERAL (
             SELECT CASE
                      WHEN c.changed ?| v_rules.masked
                        THEN c.changed || (
                               SELECT jsonb_object_agg(m.name, c_masked)
                                 FROM unnest(v_rules.masked) AS m (name)
                                WHERE c.changed ? m.name)
                      ELSE c.changed
                    END AS fields
           ) AS d
     WHERE c.changed <> '{}';
  ELSE
    WITH olds AS MATERIALIZED (
      SELECT r.whole, r.whole - v_others AS key
        FROM (SELECT to_jsonb(t) AS whole FROM old_rows AS t OFFSET 0) AS r
    ), news AS MATERIALIZED (
      SELECT r.whole, r.whole - v_others AS key
        FROM (SELECT to_jsonb(t) AS whole FROM new_rows AS t OFFSET 0) AS r
    ), changes AS MATERIALIZED (
      SELECT o.whole AS old_row, n.whole AS new_row, o.key,
             CASE
               WHEN o.key IS NULL THEN 'INSERT'
               WHEN n.key IS NULL THEN 'DELETE'
               ELSE 'UPDATE'
             END AS operation,
             v_is_state
             AND (n.whole -> 'epoch', n.whole -> 'version')
                 IS DISTINCT FROM (o.whole -> 'epoch', o.whole -> 'version') AS is_entry,
             d.fields
        FROM olds AS o
        FULL JOIN news AS n ON n.key = o.key
       CROSS JOIN LATERAL (
               SELECT jsonb_object_agg(
                        c.name,
                        CASE
                          WHEN c.name = ANY (v_rules.masked) THEN c_masked
                          ELSE jsonb_build_object('old', c.value, 'new', n.whole -> c.name)
                        END
                      ) AS fields
                 FROM jsonb_each(o.whole) AS c (name, value)
                WHERE c.value IS DISTINCT FROM n.whole -> c.name
             ) AS d
       WHERE o.key IS NULL OR n.key IS NULL OR coalesce(d.fields, '{}') - v_quiet <> '{}'
    )
    INSERT INTO audit.change_log (
      table_schema, table_name, operation, effective_role, client_addr, application_name, actor,
      correlation_id, row_data, changed_fields, old_data, new_data
    )
    SELECT v_schema, v_table, s.operation, v_role, inet_client_addr(),
           current_setting('application_name'),
           coalesce(CASE WHEN s.is_entry THEN s.new_row ->> 'actor' END, v_actor),
           coalesce(CASE WHEN s.is_entry THEN s.new_row ->> 'correlation_id' END, v_correlation),
           CASE
             WHEN s.operation = 'UPDATE' AND v_key_is_plain THEN s.key
             ELSE audit.masked(v_rules, coalesce(s.old_row, s.new_row)) - v_others
           END,
           CASE
             WHEN s.operation = 'UPDATE'
               THEN audit.masked_fields(v_rules, s.fields, s.old_row, s.new_row)
           END,
           CASE WHEN s.operation = 'DELETE' THEN audit.masked(v_rules, s.old_row) END,
           CASE WHEN s.operation = 'INSERT' THEN audit.masked(v_rules, s.new_row) END
      FROM changes AS s;
  END IF;
  RETURN NULL;
EXCEPTION
  WHEN transaction_rollback OR lock_not_available OR insufficient_resources THEN
    RAISE;
  WHEN OTHERS THEN
    RAISE EXCEPTION 'the change of %.% cannot be logged: %', TG_TABLE_SCHEMA, TG_TABLE_NAME, SQLERRM
      USING
        ERRCODE = '58A01',
        DETAIL = 'SQLSTATE ' || SQLSTATE,
        HINT = 'Repair audit.change_log, or drop the audit triggers: until then nothing is changed.';
END;
$$;

-- A role that could use it in a trigger on a table of its own could write anything into the log.
REVOKE ALL ON FUNCTION audit.log_statement() FROM PUBLIC;
