-- The tasks schema and its types.

CREATE SCHEMA IF NOT EXISTS tasks;

-- Each column says for itself whether it may be null.
CREATE DOMAIN tasks.task_id_type AS UUID;

CREATE TYPE tasks.task_status_type AS ENUM (
  'pending',
  'queued',
  'running',
  'paused',
  'completed',
  'failed',
  'cancelled'
);

CREATE TYPE tasks.task_priority_type AS ENUM (
  'low',
  'normal',
  'high',
  'urgent',
  'critical'
);
