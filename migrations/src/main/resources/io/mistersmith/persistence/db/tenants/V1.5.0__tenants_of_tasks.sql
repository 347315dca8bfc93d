-- kind: schema
-- depends-on: 1.3.0, core 3.5.0
-- A task belongs to the tenant of the agent that created it, else of the one that it is assigned to,
-- else of its parent task, else to the session's. Rows that depend on a task have its tenant.

GRANT USAGE ON SCHEMA tasks TO app_tenant, app_flusher;

SELECT agents.isolate_table(
  'tasks.queue', 'created_by_agent_id', 'assigned_agent_id', 'parent_task_id'
);
SELECT agents.isolate_table('tasks.dependencies', 'task_id');
SELECT agents.isolate_table('tasks.executions', 'task_id', 'agent_id');
SELECT agents.isolate_table('tasks.execution_attempts', 'task_id');

-- Refers to nothing, and takes its rows from the queue with their tenant.
SELECT agents.isolate_table('tasks.archive');

-- Holds one row and says nothing about anybody.
GRANT SELECT, INSERT, UPDATE ON tasks.dependency_lock TO app_tenant, app_flusher;
