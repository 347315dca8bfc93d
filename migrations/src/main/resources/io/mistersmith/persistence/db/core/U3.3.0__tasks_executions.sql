DROP TABLE tasks.executions;
DROP FUNCTION tasks.change_attempt();
DROP FUNCTION tasks.register_attempt();
DROP TABLE tasks.execution_attempts;
