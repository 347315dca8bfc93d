-- kind: index
-- depends-on: core 11.3.0
-- lint: allow index-not-concurrent — on a partitioned table an index cannot be built concurrently
-- Indexes for searching tasks by what they hold. The engine needs none of them: it claims tasks from
-- narrow tables, and finds them by their ids. Each enqueue writes to all of them; with the two GIN
-- indexes it takes about three times the WAL.
--
-- None is on a column that changes while a task lives, its status for one: every claim and every end
-- would have to write all indexes of the task.

CREATE INDEX idx_tasks_queue_type ON tasks.queue (task_type, created_at);

CREATE INDEX idx_tasks_queue_payload_gin ON tasks.queue USING gin (payload);

CREATE INDEX idx_tasks_queue_payload_specific ON tasks.queue USING gin ((payload -> 'parameters'));

-- In seconds; BIGINT, since an interval may be longer than INTEGER counts.
CREATE INDEX idx_tasks_queue_estimated_duration ON tasks.queue
  ((extract(EPOCH FROM max_execution_time)::BIGINT));

CREATE INDEX idx_tasks_archive_payload_gin ON tasks.archive USING gin (payload);

CREATE INDEX idx_tasks_executions_agent_started ON tasks.executions (agent_id, started_at);
