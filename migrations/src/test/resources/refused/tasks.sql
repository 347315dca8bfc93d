-- refused: tasks.queue queue_pkey
INSERT INTO tasks.queue (task_id, task_type) VALUES ('bbbbbbbb-0000-4000-8000-000000000001', 't');
-- refused: tasks.queue queue_assigned_agent_id_fkey
INSERT INTO tasks.queue (task_type, assigned_agent_id) VALUES ('t', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: tasks.queue queue_created_by_agent_id_fkey
INSERT INTO tasks.queue (task_type, created_by_agent_id) VALUES ('t', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: tasks.queue queue_parent_task_id_fkey
INSERT INTO tasks.queue (task_type, parent_task_id) VALUES ('t', 'bbbbbbbb-0000-4000-8000-000000000009');
-- refused: tasks.queue queue_parent_task_id_fkey
UPDATE tasks.queue SET parent_task_id = 'bbbbbbbb-0000-4000-8000-000000000003' WHERE task_id = 'bbbbbbbb-0000-4000-8000-000000000002';
DELETE FROM tasks.queue WHERE task_id = 'bbbbbbbb-0000-4000-8000-000000000003';
-- refused: tasks.queue valid_task_type
INSERT INTO tasks.queue (task_type) VALUES ('');
-- refused: tasks.queue valid_retry_count
INSERT INTO tasks.queue (task_type, retry_count) VALUES ('t', -1);
-- refused: tasks.queue valid_retry_count
INSERT INTO tasks.queue (task_type, max_retries, retry_count) VALUES ('t', 1, 2);
-- refused: tasks.queue valid_timing
INSERT INTO tasks.queue (task_type, started_at) VALUES ('t', now() - INTERVAL '1 s');
-- refused: tasks.queue valid_timing
INSERT INTO tasks.queue (task_type, status, completed_at) VALUES ('t', 'completed', now() - INTERVAL '1 s');
-- refused: tasks.queue valid_timing
INSERT INTO tasks.queue (task_type, expires_at) VALUES ('t', now());
-- refused: tasks.queue no_self_parent
INSERT INTO tasks.queue (task_id, task_type, parent_task_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000008', 't', 'bbbbbbbb-0000-4000-8000-000000000008');
-- refused: tasks.dependencies dependencies_pkey
INSERT INTO tasks.dependencies (dependency_id, task_id, depends_on_task_id) VALUES ('bbbbbbbb-0000-4000-8000-0000000000d1', 'bbbbbbbb-0000-4000-8000-000000000003', 'bbbbbbbb-0000-4000-8000-000000000001');
-- refused: tasks.dependencies dependencies_task_id_depends_on_task_id_key
INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'bbbbbbbb-0000-4000-8000-000000000001');
-- refused: tasks.dependencies dependencies_task_id_fkey
INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000009', 'bbbbbbbb-0000-4000-8000-000000000001');
-- refused: tasks.dependencies dependencies_depends_on_task_id_fkey
INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000009');
-- refused: tasks.dependencies no_self_dependency
INSERT INTO tasks.dependencies (task_id, depends_on_task_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000001', 'bbbbbbbb-0000-4000-8000-000000000001');
-- refused: tasks.dependencies valid_dependency_type
INSERT INTO tasks.dependencies (task_id, depends_on_task_id, dependency_type) VALUES ('bbbbbbbb-0000-4000-8000-000000000003', 'bbbbbbbb-0000-4000-8000-000000000001', 'mood');
-- refused: tasks.dependency_lock dependency_lock_pkey
INSERT INTO tasks.dependency_lock DEFAULT VALUES;
INSERT INTO tasks.dependency_lock DEFAULT VALUES;
-- refused: tasks.dependency_lock only_one_row
INSERT INTO tasks.dependency_lock (only_row) VALUES (FALSE);
-- refused: tasks.executions executions_pkey as executions_default_pkey
INSERT INTO tasks.executions (execution_id, task_id, agent_id, started_at) VALUES ('bbbbbbbb-0000-4000-8000-0000000000e1', 'bbbbbbbb-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000001', '2020-01-01Z');
-- refused: tasks.executions executions_task_id_fkey
INSERT INTO tasks.executions (task_id, agent_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000009', 'aaaaaaaa-0000-4000-8000-000000000001');
-- refused: tasks.executions executions_agent_id_fkey
INSERT INTO tasks.executions (task_id, agent_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: tasks.executions valid_execution_attempt
INSERT INTO tasks.executions (task_id, agent_id, execution_attempt) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001', 0);
-- refused: tasks.executions open_execution_has_agent
INSERT INTO tasks.executions (task_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000002');
-- refused: tasks.executions open_execution_has_agent
DELETE FROM agents.registry WHERE agent_id = 'aaaaaaaa-0000-4000-8000-000000000001';
-- refused: tasks.executions completion_consistency
INSERT INTO tasks.executions (task_id, agent_id, status) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001', 'completed');
-- refused: tasks.executions completion_consistency
INSERT INTO tasks.executions (task_id, agent_id, status) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001', 'cancelled');
-- refused: tasks.executions completion_consistency
INSERT INTO tasks.executions (task_id, agent_id, status, error_message) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001', 'failed', 'e');
-- refused: tasks.executions completion_consistency
INSERT INTO tasks.executions (task_id, agent_id, status, completed_at) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001', 'failed', now());
-- refused: tasks.executions completion_consistency
INSERT INTO tasks.executions (task_id, agent_id, status, completed_at) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001', 'running', now());
-- refused: tasks.executions completion_consistency
INSERT INTO tasks.executions (task_id, agent_id, status, completed_at) VALUES ('bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001', 'pending', now());
-- refused: tasks.execution_attempts execution_attempts_pkey
INSERT INTO tasks.executions (task_id, agent_id) VALUES ('bbbbbbbb-0000-4000-8000-000000000001', 'aaaaaaaa-0000-4000-8000-000000000001');
-- refused: tasks.execution_attempts execution_attempts_execution_id_key
INSERT INTO tasks.executions (execution_id, task_id, agent_id) VALUES ('bbbbbbbb-0000-4000-8000-0000000000e1', 'bbbbbbbb-0000-4000-8000-000000000002', 'aaaaaaaa-0000-4000-8000-000000000001');
-- refused: tasks.execution_attempts execution_attempts_task_id_fkey
INSERT INTO tasks.execution_attempts (task_id, execution_attempt, execution_id, started_at) VALUES ('bbbbbbbb-0000-4000-8000-000000000009', 1, gen_random_uuid(), now());
-- refused: tasks.archive archive_pkey as archive_default_pkey
INSERT INTO tasks.archive (task_id, task_type, payload, configuration, metadata, status, priority, completed_at, max_retries, retry_count, created_at, updated_at)
SELECT 'bbbbbbbb-0000-4000-8000-000000000007', 't', '{}', '{}', '{}', 'failed', 'low', '2020-01-01Z', 0, 0, '2020-01-01Z', '2020-01-01Z' FROM generate_series(1, 2);
-- refused: tasks.archive archived_task_is_finished
INSERT INTO tasks.archive (task_id, task_type, payload, configuration, metadata, status, priority, completed_at, max_retries, retry_count, created_at, updated_at)
VALUES ('bbbbbbbb-0000-4000-8000-000000000007', 't', '{}', '{}', '{}', 'paused', 'low', '2020-01-01Z', 0, 0, '2020-01-01Z', '2020-01-01Z');
-- refused: tasks.queue valid_blocked_by
UPDATE tasks.queue SET blocked_by = -1 WHERE task_id = 'bbbbbbbb-0000-4000-8000-000000000003';
-- refused: tasks.leases leases_pkey as leases_0_pkey
INSERT INTO tasks.leases (token, expires_at, deadline, segment, worker, task_ids)
SELECT 7, now(), now(), 0, 'w', '{}' FROM generate_series(1, 2);
-- refused: tasks.timers timers_pkey
INSERT INTO tasks.timers (at, task_id)
SELECT '2026-01-01Z', 'bbbbbbbb-0000-4000-8000-000000000003' FROM generate_series(1, 2);
