DO $$
DECLARE
  v_table REGCLASS;
  v_trigger TEXT;
BEGIN
  FOR v_table IN
    SELECT 'agents.state'::REGCLASS
     UNION ALL
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = 'agents.state'::REGCLASS
  LOOP
    FOREACH v_trigger IN ARRAY
      ARRAY['events_inserted', 'events_updated', 'events_deleted', 'events_truncated']
    LOOP
      EXECUTE pg_catalog.format('DROP TRIGGER %I ON %s', v_trigger, v_table);
    END LOOP;
  END LOOP;
END;
$$;

DROP TRIGGER events_note_changed_key ON agents.state;

DROP FUNCTION events.notify_agent_state_truncated();

DROP FUNCTION events.notify_agent_state_change();

DROP FUNCTION events.note_changed_key();
