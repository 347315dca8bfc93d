DROP INDEX tasks.idx_tasks_executions_agent_started;

DROP INDEX tasks.idx_tasks_archive_payload_gin;

DROP INDEX tasks.idx_tasks_queue_estimated_duration;

DROP INDEX tasks.idx_tasks_queue_payload_specific;

DROP INDEX tasks.idx_tasks_queue_payload_gin;

DROP INDEX tasks.idx_tasks_queue_type;
