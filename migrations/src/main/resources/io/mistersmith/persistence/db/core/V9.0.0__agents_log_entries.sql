-- kind: schema
-- depends-on: 8.0.0
-- The durable copy of the entries of append-only logs. Only the write-behind flush writes it, in the
-- transaction that moves the journal's position.
--
-- A row is written once and never changed. When a bucket is restored, its messages can come again in a
-- later epoch; then (epoch, sequence) moves on. An entry whose version another one has is refused.
--
-- log is the type of the entries, a dot and the name of the log; untyped entries have the type _.
-- Versions have no gaps from the log's first one on, which is in its head, an entry of agents.state
-- with the key '_log-head.' || log. When a head is flushed the rows before its first version are
-- deleted. Rows below it that a repeated flush brings back are not part of the log:
--   SELECT l.version, l.entry FROM agents.log_entries l
--    WHERE l.agent_id = agents.owner_id('NAME') AND l.log = 'turns.main' ORDER BY l.version
--
-- owner, registered and entry_document are what they are in agents.state. entry_id makes an append
-- idempotent. kept_with is the version of an earlier entry that is not removed before this one.
-- bytes_before counts the bytes of all documents appended earlier.

CREATE TABLE agents.log_entries (
  agent_id agents.agent_id_type NOT NULL,
  owner TEXT,
  registered BOOLEAN GENERATED ALWAYS AS (CASE WHEN owner IS NULL THEN TRUE END) STORED,
  log VARCHAR(256) COLLATE "C" NOT NULL,
  version BIGINT NOT NULL,
  entry JSONB NOT NULL,
  entry_document TEXT,
  entry_id TEXT,
  kept_with BIGINT,
  bytes_before BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  checksum VARCHAR(64) NOT NULL,
  written_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT log_entries_pkey PRIMARY KEY (agent_id, log, version),
  CONSTRAINT log_entries_agent_id_fkey
    FOREIGN KEY (agent_id, registered) REFERENCES agents.registry (agent_id, registered)
    ON DELETE CASCADE,
  CONSTRAINT valid_log_owner CHECK (length(owner) > 0),
  CONSTRAINT valid_log_version CHECK (version > 0),
  -- The flush writes 0 in place of a version that another entry has.
  CONSTRAINT version_is_free CHECK (sequence > 0)
);

CREATE INDEX idx_agents_log_entries_id ON agents.log_entries (agent_id, log, entry_id)
  WHERE entry_id IS NOT NULL;
