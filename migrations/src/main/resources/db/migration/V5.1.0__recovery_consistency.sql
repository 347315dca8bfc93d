-- kind: function
-- depends-on: 5.0.0, 2.8.0
-- What a restored database is to be asked before anybody works with it. Constraints keep most of
-- this true while the database runs; they are not checked again for data that is loaded with them
-- switched off, or put together from two backups.

CREATE FUNCTION recovery.verify_data_consistency()
RETURNS TABLE (
  table_name TEXT, record_count BIGINT, consistency_check TEXT, issues_found TEXT[]
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
DECLARE
  v_check RECORD;
  v_bad BIGINT;
BEGIN
  FOR v_check IN
    SELECT c.checked, c.what, c.bad
      FROM (VALUES
        ('agents.registry', 'agents whose parent is missing',
         'SELECT count(*) FROM agents.registry a WHERE a.parent_agent_id IS NOT NULL
             AND NOT EXISTS (SELECT FROM agents.registry p WHERE p.agent_id = a.parent_agent_id)'),
        ('agents.state', 'entries of agents that are not registered',
         'SELECT count(*) FROM agents.state s
           WHERE NOT EXISTS (SELECT FROM agents.registry a WHERE a.agent_id = s.agent_id)'),
        ('agents.state', 'entries later than the journal is said to be applied',
         'SELECT count(*) FROM agents.state s
           WHERE (s.epoch, s.version) >
                 (SELECT max(p.epoch), max(p.sequence) FROM agents.journal_positions p
                   WHERE p.epoch = (SELECT max(epoch) FROM agents.journal_positions))'),
        ('agents.state', 'entries without the checksum of their value',
         'SELECT count(*) FROM agents.state s WHERE s.checksum IS NULL'),
        ('agents.checkpoints', 'checkpoints that do not hold as many entries as they say',
         'SELECT count(*) FROM agents.checkpoints c
           WHERE c.entry_count <>
                 (SELECT count(*) FROM pg_catalog.jsonb_object_keys(c.state_snapshot))'),
        ('tasks.queue', 'tasks assigned to agents that are not registered',
         'SELECT count(*) FROM tasks.queue t WHERE t.assigned_agent_id IS NOT NULL
             AND NOT EXISTS (SELECT FROM agents.registry a
                              WHERE a.agent_id = t.assigned_agent_id)'),
        ('tasks.queue', 'tasks that are also in the archive',
         'SELECT count(*) FROM tasks.queue t
           WHERE EXISTS (SELECT FROM tasks.archive o WHERE o.task_id = t.task_id)'),
        ('tasks.executions', 'attempts of tasks that are not in the queue',
         'SELECT count(*) FROM tasks.executions e
           WHERE NOT EXISTS (SELECT FROM tasks.queue t WHERE t.task_id = e.task_id)'),
        ('messages.log', 'messages whose sender or recipient is missing',
         'SELECT count(*) FROM messages.log m
           WHERE EXISTS (SELECT FROM pg_catalog.unnest(ARRAY[m.from_agent_id::uuid,
                                                             m.to_agent_id::uuid]) AS u (id)
                          WHERE u.id IS NOT NULL
                            AND NOT EXISTS (SELECT FROM agents.registry a
                                             WHERE a.agent_id = u.id))'),
        ('sessions.active', 'sessions of agents that are not registered',
         'SELECT count(*) FROM sessions.active s WHERE s.agent_id IS NOT NULL
             AND NOT EXISTS (SELECT FROM agents.registry a WHERE a.agent_id = s.agent_id)'),
        ('knowledge.facts', 'facts from agents that are not registered',
         'SELECT count(*) FROM knowledge.facts f WHERE f.source_agent_id IS NOT NULL
             AND NOT EXISTS (SELECT FROM agents.registry a
                              WHERE a.agent_id = f.source_agent_id)'),
        ('knowledge.embeddings', 'embeddings whose text does not have the hash that they say',
         'SELECT count(*) FROM knowledge.embeddings e
           WHERE e.content_hash <> pg_catalog.encode(
                   pg_catalog.sha256(pg_catalog.convert_to(e.text_content, ''UTF8'')), ''hex'')')
      ) AS c (checked, what, bad)
  LOOP
    EXECUTE v_check.bad INTO v_bad;
    table_name := v_check.checked;
    EXECUTE format('SELECT count(*) FROM %s', v_check.checked::regclass) INTO record_count;
    consistency_check := CASE WHEN v_bad = 0 THEN 'PASS' ELSE 'ISSUES_FOUND' END;
    issues_found := CASE
      WHEN v_bad = 0 THEN '{}'
      ELSE ARRAY[format('%s %s', v_bad, v_check.what)]
    END;
    RETURN NEXT;
  END LOOP;
END;
$$;
