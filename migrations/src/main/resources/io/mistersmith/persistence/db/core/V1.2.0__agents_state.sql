-- The durable copy of the agents' state. Only the write-behind flush writes it.
--
-- (epoch, version) is the fence: the journal's epoch and the sequence of the last write that was
-- applied. A row is never replaced by an older state, compared within it. A deleted key keeps its
-- row as a tombstone (deleted_at set, state_value 'null') until nothing older can arrive.
--
-- An entry may have expired by the time it is flushed, so nothing ties expires_at to other times.
--
-- Every row is rewritten again and again, so the partitions leave room on their pages for
-- heap-only updates, and no index covers a column that each flush changes: neither updated_at nor
-- state_value. A GIN index on state_value would cost every flush a write for each key of the
-- document. Nor may state_value stand in an INCLUDE list, where values over 2.7 kB are refused.

CREATE TABLE agents.state (
  agent_id agents.agent_id_type NOT NULL,
  state_key VARCHAR(255) NOT NULL,
  state_value JSONB NOT NULL,
  epoch BIGINT NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1,
  checksum VARCHAR(64),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ,
  deleted_at TIMESTAMPTZ,
  CONSTRAINT state_pkey PRIMARY KEY (agent_id, state_key),
  CONSTRAINT state_agent_id_fkey
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  CONSTRAINT valid_state_key CHECK (length(state_key) > 0),
  CONSTRAINT valid_version CHECK (version > 0),
  CONSTRAINT valid_epoch CHECK (epoch > 0)
) PARTITION BY HASH (agent_id);

CREATE TABLE agents.state_0 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 0)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE TABLE agents.state_1 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 1)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE TABLE agents.state_2 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 2)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE TABLE agents.state_3 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 3)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE TABLE agents.state_4 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 4)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE TABLE agents.state_5 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 5)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE TABLE agents.state_6 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 6)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE TABLE agents.state_7 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 7)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05
  );

CREATE INDEX idx_agents_state_expires ON agents.state (expires_at)
  WHERE expires_at IS NOT NULL;

CREATE INDEX idx_agents_state_deleted ON agents.state (deleted_at)
  WHERE deleted_at IS NOT NULL;
