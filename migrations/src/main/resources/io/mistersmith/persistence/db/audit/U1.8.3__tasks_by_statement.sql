DROP TRIGGER audit_deleted ON tasks.queue;

DROP TRIGGER audit_updated ON tasks.queue;

DROP TRIGGER audit_inserted ON tasks.queue;

CREATE TRIGGER audit_tasks_queue
  AFTER INSERT OR UPDATE OR DELETE ON tasks.queue
  FOR EACH ROW
  EXECUTE FUNCTION audit.log_changes();
