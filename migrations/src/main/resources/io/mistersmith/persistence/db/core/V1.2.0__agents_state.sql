-- The durable copy of the agents' state. Only the write-behind flush writes it.
--
-- (epoch, version) is the fence: the journal's epoch and the sequence of the last write that was
-- applied. A row is never replaced by an older state, compared within it. A deleted key keeps its
-- row as a tombstone (deleted_at set, state_value 'null') until nothing older can arrive.
--
-- A registered agent's rows have its id and no owner. An owner outside the registry has the id that
-- agents.owner_id computes of its name, and the name as owner; its rows refer to no agent, as
-- registered is null then and the foreign key is not checked (MATCH SIMPLE). Ask for them with
--   WHERE agent_id = agents.owner_id('NAME')
--
-- state_key is the type of the entry, a dot and its key; untyped entries have the type _. In the
-- order of its bytes, so that all keys of a type or with a prefix are one range of the primary key:
--   WHERE agent_id = … AND state_key >= 'plan.' AND state_key < 'plan/'
--
-- An entry may have expired by the time it is flushed, so nothing ties expires_at to other times.
--
-- hybrid_time and vector_clock say where a version of an entry comes from, for entries whose
-- conflicts are resolved: when it was written on the hybrid logical clock of its writer, and which
-- writes its writer had seen. Only the library reads them, so they are the text that it sends.
--
-- state_document is the document as it was saved, where jsonb would not give it back: jsonb writes
-- 1.0E7 as 10000000, drops the sign of -0.0 and the second of two equal names, and sorts members.
-- NULL where jsonb's text, without its blanks, is what was saved. The library reads state_document
-- before state_value; queries use state_value.
--
-- Every flush rewrites rows, so the partitions leave room on their pages for heap-only updates, and
-- no index covers a column that a flush changes: neither updated_at nor state_value. A GIN index on
-- state_value would cost every flush a write for each key of the document. Nor may state_value be
-- in an INCLUDE list, where values over 2.7 kB are refused. The primary key serves queries by key.

-- The id of an owner outside the registry: a UUID of version 8 (RFC 9562), of the SHA-256 of the name.
CREATE FUNCTION agents.owner_id(name TEXT)
RETURNS UUID
LANGUAGE sql
STABLE
PARALLEL SAFE
RETURN (SELECT (substr(hash, 1, 12) || '8' || substr(hash, 14, 3)
                || substr('89ab', 1 + (('x' || substr(hash, 17, 1))::bit(4)::integer & 3), 1)
                || substr(hash, 18, 15))::uuid
          FROM (SELECT encode(sha256(convert_to(name, 'UTF8')), 'hex') AS hash) AS h);

CREATE TABLE agents.state (
  agent_id agents.agent_id_type NOT NULL,
  owner TEXT,
  registered BOOLEAN GENERATED ALWAYS AS (CASE WHEN owner IS NULL THEN TRUE END) STORED,
  state_key VARCHAR(320) COLLATE "C" NOT NULL,
  state_value JSONB NOT NULL,
  epoch BIGINT NOT NULL DEFAULT 1,
  version BIGINT NOT NULL DEFAULT 1,
  checksum VARCHAR(64),
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  expires_at TIMESTAMPTZ,
  deleted_at TIMESTAMPTZ,
  hybrid_time VARCHAR(160),
  vector_clock TEXT,
  state_document TEXT,
  CONSTRAINT state_pkey PRIMARY KEY (agent_id, state_key),
  CONSTRAINT state_agent_id_fkey
    FOREIGN KEY (agent_id, registered) REFERENCES agents.registry (agent_id, registered)
    ON DELETE CASCADE,
  CONSTRAINT valid_owner CHECK (length(owner) > 0),
  CONSTRAINT valid_state_key CHECK (length(state_key) > 0),
  CONSTRAINT valid_version CHECK (version > 0),
  CONSTRAINT valid_epoch CHECK (epoch > 0)
) PARTITION BY HASH (agent_id);

CREATE TABLE agents.state_0 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 0)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE TABLE agents.state_1 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 1)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE TABLE agents.state_2 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 2)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE TABLE agents.state_3 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 3)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE TABLE agents.state_4 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 4)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE TABLE agents.state_5 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 5)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE TABLE agents.state_6 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 6)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE TABLE agents.state_7 PARTITION OF agents.state
  FOR VALUES WITH (MODULUS 8, REMAINDER 7)
  WITH (
    fillfactor = 85,
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE INDEX idx_agents_state_expires ON agents.state (expires_at)
  WHERE expires_at IS NOT NULL;

CREATE INDEX idx_agents_state_deleted ON agents.state (deleted_at)
  WHERE deleted_at IS NOT NULL;

-- Returns the document of an entry as it was saved. A value that is changed without its document, by
-- hand or by a version of the library that does not know the column, counts as it is. This is
-- decided on reading: a trigger that does it on writing costs each row of the flush.
CREATE FUNCTION agents.saved_document(document TEXT, value JSONB)
RETURNS TEXT
LANGUAGE sql
IMMUTABLE
PARALLEL SAFE
RETURN CASE WHEN document::jsonb = value THEN document END;
