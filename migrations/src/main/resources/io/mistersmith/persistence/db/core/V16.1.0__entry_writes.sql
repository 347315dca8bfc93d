-- kind: schema
-- depends-on: 16.0.0
-- Changes of entries in KV that transactions have decided and that are not there yet: one row for each
-- entry, with its last change. Whoever finds a row puts the value into KV, by compare-and-set after the
-- message at base_sequence, or after that of one of the superseded tokens, and deletes the row. A row
-- whose entry somebody else has written since is kept with the reason.
--
-- base_sequence is NULL only within the transaction that inserts the row.

CREATE TABLE sagas.entry_writes (
  owner TEXT NOT NULL,
  path TEXT NOT NULL,
  value BYTEA,
  token TEXT NOT NULL,
  superseded TEXT[] NOT NULL DEFAULT '{}',
  base_sequence BIGINT,
  base_revision TEXT,
  correlation_id VARCHAR(255) NOT NULL,
  written_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  refused TEXT,
  CONSTRAINT entry_writes_pkey PRIMARY KEY (owner, path),
  CONSTRAINT valid_base CHECK (base_sequence >= 0)
) WITH (
  fillfactor = 70,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05
);

CREATE INDEX idx_sagas_entry_writes_waiting ON sagas.entry_writes (written_at) WHERE refused IS NULL;

CREATE INDEX idx_sagas_entry_writes_refused ON sagas.entry_writes (written_at)
  WHERE refused IS NOT NULL;
