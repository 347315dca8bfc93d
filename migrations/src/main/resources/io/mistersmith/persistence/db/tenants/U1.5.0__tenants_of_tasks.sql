REVOKE ALL ON tasks.dependency_lock FROM app_tenant, app_flusher;
SELECT agents.join_table('tasks.archive');
SELECT agents.join_table('tasks.execution_attempts');
SELECT agents.join_table('tasks.executions');
SELECT agents.join_table('tasks.dependencies');
SELECT agents.join_table('tasks.queue');
REVOKE USAGE ON SCHEMA tasks FROM app_tenant, app_flusher;
