DROP TRIGGER events_truncated ON tasks.queue;

DROP TRIGGER events_deleted ON tasks.queue;

DROP TRIGGER events_updated ON tasks.queue;

DROP TRIGGER events_inserted ON tasks.queue;

DROP FUNCTION events.notify_tasks_truncated();

DROP FUNCTION events.notify_task_lifecycle_change();
