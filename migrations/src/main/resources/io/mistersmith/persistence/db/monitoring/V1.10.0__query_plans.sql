-- kind: schema
-- Plans of slow statements, to compare over time. plan_json holds the plan, or, of a statement that
-- cannot be explained, an object with the reason as "error".
-- No index on query_hash alone: that of the unique constraint begins with it.

CREATE TABLE monitoring.query_plans (
  plan_id UUID NOT NULL DEFAULT gen_random_uuid(),
  query_hash TEXT NOT NULL,
  query_text TEXT NOT NULL,
  plan_json JSONB NOT NULL,
  execution_stats JSONB NOT NULL,
  -- The clock's time, not the transaction's: one transaction may capture twice.
  captured_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  mean_exec_time_ms NUMERIC,
  calls BIGINT,
  total_exec_time_ms NUMERIC,
  CONSTRAINT query_plans_pkey PRIMARY KEY (plan_id),
  CONSTRAINT unique_query_hash_time UNIQUE (query_hash, captured_at),
  CONSTRAINT valid_query_hash CHECK (length(query_hash) > 0),
  CONSTRAINT valid_execution_stats CHECK (
    mean_exec_time_ms >= 0 AND calls >= 0 AND total_exec_time_ms >= 0
  )
);

CREATE INDEX idx_query_plans_exec_time ON monitoring.query_plans (mean_exec_time_ms DESC);

CREATE INDEX idx_query_plans_captured ON monitoring.query_plans (captured_at DESC);
