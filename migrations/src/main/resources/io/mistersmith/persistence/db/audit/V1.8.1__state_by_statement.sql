-- kind: schema
-- Audits agents.state once for each statement, through the parent table and directly on a partition:
-- a statement fires the triggers of the table that it names, and of no other. TRUNCATE keeps its
-- triggers.

DROP TRIGGER audit_agents_state ON agents.state;

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
      'CREATE TRIGGER audit_inserted AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION audit.log_statement()',
      v_table
    );
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER audit_updated AFTER UPDATE ON %s'
        ' REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION audit.log_statement()',
      v_table
    );
    EXECUTE pg_catalog.format(
      'CREATE TRIGGER audit_deleted AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows'
        ' FOR EACH STATEMENT EXECUTE FUNCTION audit.log_statement()',
      v_table
    );
  END LOOP;
END;
$$;
