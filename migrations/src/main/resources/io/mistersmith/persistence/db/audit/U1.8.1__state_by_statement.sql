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
    FOREACH v_trigger IN ARRAY ARRAY['audit_inserted', 'audit_updated', 'audit_deleted'] LOOP
      EXECUTE pg_catalog.format('DROP TRIGGER %I ON %s', v_trigger, v_table);
    END LOOP;
  END LOOP;
END;
$$;

CREATE TRIGGER audit_agents_state
  AFTER INSERT OR UPDATE OR DELETE ON agents.state
  FOR EACH ROW
  EXECUTE FUNCTION audit.log_changes();
