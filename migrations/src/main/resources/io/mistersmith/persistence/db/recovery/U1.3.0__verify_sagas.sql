-- Checks of a restored database, as they were in 1.2.0.
CREATE OR REPLACE FUNCTION recovery.verify_data_consistency()
RETURNS TABLE (
  table_name TEXT,
  record_count BIGINT,
  consistency_check TEXT,
  issues_found TEXT[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  c_schemas CONSTANT NAME[] := '{agents,tasks,messages,sessions,knowledge}';
  c_checks CONSTANT JSONB := jsonb_build_object(
    'agents.registry', jsonb_build_object(
      'agents that are their own ancestors',
      'WITH RECURSIVE a (id, parent, origin) AS (
         SELECT agent_id::UUID, parent_agent_id::UUID, agent_id::UUID FROM agents.registry
          WHERE parent_agent_id IS NOT NULL
          UNION
         SELECT r.agent_id::UUID, r.parent_agent_id::UUID, a.origin
           FROM a JOIN agents.registry AS r ON r.agent_id = a.parent)
       SELECT count(*) FROM a WHERE parent = origin'
    ),
    'agents.state', jsonb_build_object(
      'entries whose checksum is no SHA-256',
      'SELECT count(*) FROM agents.state WHERE checksum !~ ''^[0-9a-f]{64}$''',
      'entries that are later than the journal''s position',
      'SELECT count(*) FROM agents.state AS s
         JOIN agents.journal_positions AS p ON p.epoch = s.epoch
        WHERE s.version > p.sequence'
    ),
    'agents.journal_epochs', jsonb_build_object(
      'epochs that will be handed out again',
      'SELECT count(*) FROM agents.journal_epochs AS e, agents.journal_epoch_numbers AS n
        WHERE e.epoch > n.last_value OR e.epoch = n.last_value AND NOT n.is_called'
    ),
    'agents.lifecycle_events', jsonb_build_object(
      'events that are there more than once',
      'SELECT count(*) FROM (SELECT FROM agents.lifecycle_events
                              GROUP BY event_id HAVING count(*) > 1) AS twice'
    ),
    'tasks.queue', jsonb_build_object(
      'running tasks that are assigned to nobody',
      'SELECT count(*) FROM tasks.queue AS q
        WHERE q.status = ''running''
          AND q.assigned_agent_id IS NULL
          AND NOT EXISTS (SELECT FROM tasks.leases AS l
                           WHERE l.token = q.token AND q.task_id = ANY (l.task_ids))',
      'claimable tasks that no claim finds',
      'SELECT count(*) FROM tasks.queue AS q
        WHERE q.position IS NOT NULL
          AND NOT EXISTS (SELECT FROM tasks.ready AS r
                           WHERE r.position = q.position AND r.task_id = q.task_id)',
      'tasks whose unmet dependencies are counted wrongly',
      'SELECT count(*) FROM tasks.queue AS q
        WHERE q.blocked_by <> (SELECT count(*) FROM tasks.dependencies AS d
                                WHERE d.task_id = q.task_id AND NOT d.met)',
      'running tasks without a running execution',
      'SELECT count(*) FROM tasks.queue AS q
        WHERE q.status = ''running''
          AND NOT EXISTS (SELECT FROM tasks.executions AS e
                           WHERE e.task_id = q.task_id AND e.status = ''running'')',
      'finished tasks without the time at which they were',
      'SELECT count(*) FROM tasks.queue
        WHERE status IN (''completed'', ''failed'', ''cancelled'') AND completed_at IS NULL',
      'tasks that are in the archive too',
      'SELECT count(*) FROM tasks.queue AS q
        WHERE EXISTS (SELECT FROM tasks.archive AS a WHERE a.task_id = q.task_id)',
      'tasks that are their own ancestors',
      'WITH RECURSIVE t (id, parent, origin) AS (
         SELECT task_id::UUID, parent_task_id::UUID, task_id::UUID FROM tasks.queue
          WHERE parent_task_id IS NOT NULL
          UNION
         SELECT q.task_id::UUID, q.parent_task_id::UUID, t.origin
           FROM t JOIN tasks.queue AS q ON q.task_id = t.parent)
       SELECT count(*) FROM t WHERE parent = origin'
    ),
    'tasks.dependencies', jsonb_build_object(
      'dependencies in a cycle',
      'WITH RECURSIVE d (origin, reached) AS (
         SELECT task_id::UUID, depends_on_task_id::UUID FROM tasks.dependencies
          UNION
         SELECT d.origin, n.depends_on_task_id::UUID
           FROM d JOIN tasks.dependencies AS n ON n.task_id = d.reached)
       SELECT count(*) FROM tasks.dependencies AS n
        WHERE EXISTS (SELECT FROM d
                       WHERE d.origin = n.depends_on_task_id AND d.reached = n.task_id)'
    ),
    'tasks.executions', jsonb_build_object(
      'executions that go on although their task has ended',
      'SELECT count(*) FROM tasks.executions AS e
         JOIN tasks.queue AS q ON q.task_id = e.task_id
        WHERE e.completed_at IS NULL AND q.status IN (''completed'', ''failed'', ''cancelled'')',
      'executions whose attempt is not registered as theirs',
      'SELECT count(*) FROM tasks.executions AS e
        WHERE e.token IS NULL
          AND NOT EXISTS (SELECT FROM tasks.execution_attempts AS a
                           WHERE a.task_id = e.task_id
                             AND a.execution_attempt = e.execution_attempt
                             AND a.execution_id = e.execution_id)'
    ),
    'messages.log', jsonb_build_object(
      'messages that are there more than once',
      'SELECT count(*) FROM (SELECT FROM messages.log
                              GROUP BY message_id HAVING count(*) > 1) AS twice'
    ),
    'knowledge.embeddings', jsonb_build_object(
      'embeddings whose text has another hash',
      'SELECT count(*) FROM knowledge.embeddings
        WHERE content_hash
              <> encode(sha256(convert_to(text_content, ''UTF8'')), ''hex'')',
      'embeddings of other dimensions than most of their model',
      'SELECT coalesce(sum(n) - sum(n) FILTER (WHERE place = 1), 0)
         FROM (SELECT count(*) AS n,
                      row_number() OVER (PARTITION BY embedding_model, embedding_version
                                         ORDER BY count(*) DESC) AS place
                 FROM knowledge.embeddings
                WHERE embedding_vector IS NOT NULL
                GROUP BY embedding_model, embedding_version,
                         regexp_count(embedding_vector::TEXT, '','')) AS dimensions'
    )
  );
  v_table RECORD;
  v_check RECORD;
  v_bad BIGINT;
BEGIN
  FOR v_table IN
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name
      FROM pg_class AS c
      JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY (c_schemas)
       AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition
     ORDER BY array_position(c_schemas, n.nspname), c.relname
  LOOP
    table_name := v_table.name;
    issues_found := '{}';
    EXECUTE format('SELECT count(*) FROM %s', v_table.name) INTO record_count;
    FOR v_check IN
      SELECT key AS issue, value AS counting
        FROM jsonb_each_text(c_checks -> v_table.name)
       UNION ALL
      -- Every foreign key, by its columns.
      SELECT format('rows that refer to nothing by %I', k.conname),
             format('SELECT count(*) FROM %s AS r WHERE (%s) AND NOT EXISTS'
                    ' (SELECT FROM %s AS t WHERE %s)',
                    v_table.name,
                    string_agg(format('r.%I IS NOT NULL', r.attname), ' AND '),
                    k.confrelid::REGCLASS,
                    string_agg(format('t.%I = r.%I', t.attname, r.attname), ' AND '))
        FROM pg_constraint AS k
       CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS p (referring, referred)
        JOIN pg_attribute AS r ON r.attrelid = k.conrelid AND r.attnum = p.referring
        JOIN pg_attribute AS t ON t.attrelid = k.confrelid AND t.attnum = p.referred
       WHERE k.conrelid = v_table.oid
         AND k.contype = 'f'
         AND k.conparentid = 0
       GROUP BY k.oid, k.conname, k.confrelid
    LOOP
      EXECUTE v_check.counting INTO v_bad;
      IF v_bad > 0 THEN
        issues_found := issues_found || format('%s %s', v_bad, v_check.issue);
      END IF;
    END LOOP;
    consistency_check := CASE issues_found WHEN '{}' THEN 'PASS' ELSE 'ISSUES_FOUND' END;
    RETURN NEXT;
  END LOOP;
END;
$$;
