-- kind: schema
-- depends-on: 1.6.0, 1.8.0, core 3.0.0
-- Audits tasks.queue once for each statement.

DROP TRIGGER audit_tasks_queue ON tasks.queue;

CREATE TRIGGER audit_inserted
  AFTER INSERT ON tasks.queue
  REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_statement();

CREATE TRIGGER audit_updated
  AFTER UPDATE ON tasks.queue
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_statement();

CREATE TRIGGER audit_deleted
  AFTER DELETE ON tasks.queue
  REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_statement();
