-- kind: schema
-- depends-on: 1.3.0
-- Runs of sagas:
--   sagas.runs  one row for each run, inserted when it is started and never changed
--   sagas.log   what happened to it, a row for each step; only inserted
--   sagas.open  one row for each run that has not ended: who owns it, when it is due
-- Rows are deleted when an ended run is pruned, a run's row of sagas.open at its end.
--
-- The end of a run is the row of its log with the event ended, whose data names the state: COMPLETED,
-- COMPENSATED or GIVEN_UP. It is the last row, unless the run is compensated later because the one that
-- it is nested in is.
--
-- run_number is a fencing token: each owner of a run has the next one. An owner inserts rows of the log
-- only where sagas.open has its number. Its first row has the position after the last row that it knows:
-- of two owners that were let through only one can commit it. A stale owner that is about to commit
-- keeps no lock that a claim waits for.
--
-- holder is the runner that owns the run, while the lease 'saga-runner/' || holder of
-- agents.journal_leases lasts. One index finds runs without an owner (NULL), those of an owner, and
-- the owners.
--
-- No foreign key leads from the log or from sagas.open to the run: each insert into the log would look
-- the run up again, lock its row and write that to the WAL. An owner's insert reads the row of sagas.open
-- anyway. recovery.verify_data_consistency (set recovery) finds rows without a run.

CREATE SCHEMA IF NOT EXISTS sagas;

CREATE TABLE sagas.runs (
  saga_id UUID NOT NULL,
  name VARCHAR(100) NOT NULL,
  version INTEGER NOT NULL,
  steps TEXT[] NOT NULL,
  input JSONB NOT NULL,
  correlation_id VARCHAR(255) NOT NULL,
  unique_key VARCHAR(255),
  parent_id UUID,
  started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT runs_pkey PRIMARY KEY (saga_id),
  CONSTRAINT runs_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES sagas.runs (saga_id),
  CONSTRAINT valid_saga_name CHECK (name <> ''),
  CONSTRAINT valid_saga_version CHECK (version > 0),
  CONSTRAINT valid_steps CHECK (cardinality(steps) > 0 AND array_position(steps, NULL) IS NULL),
  CONSTRAINT valid_input CHECK (jsonb_typeof(input) = 'object'),
  CONSTRAINT valid_correlation_id CHECK (correlation_id <> ''),
  CONSTRAINT valid_unique_key CHECK (unique_key <> ''),
  CONSTRAINT no_own_parent CHECK (parent_id <> saga_id)
) WITH (
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05
);

CREATE UNIQUE INDEX idx_sagas_runs_unique_key ON sagas.runs (name, unique_key)
  WHERE unique_key IS NOT NULL;

CREATE INDEX idx_sagas_runs_parent ON sagas.runs (parent_id) WHERE parent_id IS NOT NULL;

CREATE INDEX idx_sagas_runs_name ON sagas.runs (name, saga_id);

CREATE INDEX idx_sagas_runs_correlation ON sagas.runs (correlation_id, saga_id);

CREATE TABLE sagas.log (
  saga_id UUID NOT NULL,
  position INTEGER NOT NULL,
  run_number INTEGER NOT NULL,
  attempt INTEGER NOT NULL DEFAULT 0,
  at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  event TEXT NOT NULL,
  step TEXT,
  data JSONB NOT NULL DEFAULT '{}',
  reason TEXT,
  CONSTRAINT log_pkey PRIMARY KEY (saga_id, position),
  CONSTRAINT valid_position CHECK (position > 0),
  CONSTRAINT valid_run_number CHECK (run_number > 0),
  CONSTRAINT valid_attempt CHECK (attempt >= 0),
  CONSTRAINT valid_event CHECK (
    event IN (
      'begun', 'done', 'failed', 'compensating', 'undo_begun', 'undone', 'undo_failed', 'stopped',
      'resumed', 'ended'
    )
  ),
  CONSTRAINT valid_data CHECK (jsonb_typeof(data) = 'object')
) WITH (
  autovacuum_vacuum_insert_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05
);

CREATE INDEX idx_sagas_log_ended ON sagas.log (at) WHERE event = 'ended';

CREATE INDEX idx_sagas_log_end_state ON sagas.log ((data ->> 'state'), saga_id)
  WHERE event = 'ended';

-- stopped is set while the run waits for an operator; then it is not due, and state is what it was.
CREATE TABLE sagas.open (
  saga_id UUID NOT NULL,
  parent_id UUID,
  name VARCHAR(100) NOT NULL,
  version INTEGER NOT NULL,
  holder VARCHAR(243),
  run_number INTEGER NOT NULL DEFAULT 0,
  due_at TIMESTAMPTZ,
  deadline TIMESTAMPTZ NOT NULL,
  state TEXT NOT NULL DEFAULT 'running',
  stopped TEXT,
  cancel_reason TEXT,
  compensation_reason TEXT,
  stop_reason TEXT,
  CONSTRAINT open_pkey PRIMARY KEY (saga_id),
  CONSTRAINT valid_open_run_number CHECK (run_number >= CASE WHEN holder IS NULL THEN 0 ELSE 1 END),
  CONSTRAINT valid_state CHECK (state IN ('running', 'compensating')),
  CONSTRAINT valid_stop CHECK (
    stopped IN ('compensation_failed', 'forward_failed', 'definition_changed')
  ),
  CONSTRAINT stopped_is_not_due CHECK ((stopped IS NULL) = (due_at IS NOT NULL)),
  CONSTRAINT stopped_has_no_owner CHECK (stopped IS NULL OR holder IS NULL)
) WITH (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 1000
);

CREATE INDEX idx_sagas_open_claim ON sagas.open (holder, name, version, due_at);

CREATE INDEX idx_sagas_open_stopped ON sagas.open (stopped, saga_id) WHERE stopped IS NOT NULL;

-- Whether the unique key of a run is one of this session's. Where tenants are kept apart, each has keys
-- of its own.
CREATE FUNCTION sagas.has_own_key(p_run sagas.runs)
RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT TRUE
$$;
