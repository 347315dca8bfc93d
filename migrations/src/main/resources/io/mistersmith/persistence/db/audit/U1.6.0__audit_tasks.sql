DROP TRIGGER audit_tasks_queue_truncate ON tasks.queue;
DROP TRIGGER audit_tasks_queue ON tasks.queue;
