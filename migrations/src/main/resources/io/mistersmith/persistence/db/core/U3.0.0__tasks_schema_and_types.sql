DROP TYPE tasks.task_priority_type;
DROP TYPE tasks.task_status_type;
DROP DOMAIN tasks.task_id_type;
DROP SCHEMA tasks;
