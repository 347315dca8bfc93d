-- depends-on: core 1.0.0
-- Which restores were tried, and how they went.

CREATE SCHEMA IF NOT EXISTS recovery;

CREATE TABLE recovery.test_results (
  test_id UUID NOT NULL DEFAULT gen_random_uuid(),
  test_type VARCHAR(50) NOT NULL,
  backup_timestamp TIMESTAMPTZ NOT NULL,
  recovery_target TIMESTAMPTZ,
  test_started_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  test_completed_at TIMESTAMPTZ,
  test_status VARCHAR(20) NOT NULL DEFAULT 'running',
  data_verification_passed BOOLEAN,
  performance_metrics JSONB NOT NULL DEFAULT '{}',
  error_messages TEXT[],
  notes TEXT,
  CONSTRAINT test_results_pkey PRIMARY KEY (test_id),
  CONSTRAINT valid_test_type
    CHECK (test_type IN ('full_restore', 'pitr', 'partial_restore', 'cross_system')),
  CONSTRAINT valid_test_status
    CHECK (test_status IN ('running', 'passed', 'failed', 'cancelled')),
  CONSTRAINT valid_test_times CHECK (test_completed_at >= test_started_at)
);

CREATE INDEX idx_recovery_test_results_started ON recovery.test_results (test_started_at);

-- Records a test that began at p_test_started_at, and ends now unless its status is 'running'.
-- The caller's clock may be ahead of the database's: the test then took no time.
CREATE FUNCTION recovery.record_test_result(
  p_test_type TEXT,
  p_backup_timestamp TIMESTAMPTZ,
  p_test_started_at TIMESTAMPTZ,
  p_recovery_target TIMESTAMPTZ DEFAULT NULL,
  p_test_status TEXT DEFAULT 'passed',
  p_data_verified BOOLEAN DEFAULT NULL,
  p_performance_metrics JSONB DEFAULT '{}',
  p_notes TEXT DEFAULT NULL,
  p_error_messages TEXT[] DEFAULT NULL
)
RETURNS UUID
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  INSERT INTO recovery.test_results
         (test_type, backup_timestamp, recovery_target, test_started_at, test_completed_at,
          test_status, data_verification_passed, performance_metrics, error_messages, notes)
  VALUES (p_test_type, p_backup_timestamp, p_recovery_target, p_test_started_at,
          CASE
            WHEN p_test_status <> 'running' THEN greatest(clock_timestamp(), p_test_started_at)
          END,
          p_test_status, p_data_verified, coalesce(p_performance_metrics, '{}'),
          p_error_messages, p_notes)
  RETURNING test_id
$$;
