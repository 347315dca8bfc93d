-- kind: schema
-- depends-on: 1.1.0, core 3.0.0
-- Audits tasks.queue.

CREATE TRIGGER audit_tasks_queue
  AFTER INSERT OR UPDATE OR DELETE ON tasks.queue
  FOR EACH ROW
  EXECUTE FUNCTION audit.log_changes();

CREATE TRIGGER audit_tasks_queue_truncate
  AFTER TRUNCATE ON tasks.queue
  FOR EACH STATEMENT
  EXECUTE FUNCTION audit.log_changes();
