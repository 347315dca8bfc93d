-- How far each bucket's journal is applied. The position moves in the transaction of the rows that
-- it speaks of, so that every entry is applied exactly once.

-- Epochs are handed out here and nowhere else, so that they only ever grow.
CREATE SEQUENCE agents.journal_epoch_numbers AS BIGINT;

CREATE TABLE agents.journal_epochs (
  bucket VARCHAR(255) NOT NULL,
  epoch BIGINT NOT NULL,
  first_sequence BIGINT NOT NULL,
  stream_created_nanos BIGINT NOT NULL,
  reason TEXT NOT NULL,
  started_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT journal_epochs_pkey PRIMARY KEY (bucket, epoch),
  CONSTRAINT valid_journal_epoch CHECK (epoch > 0),
  CONSTRAINT valid_first_sequence CHECK (first_sequence >= 0)
);

CREATE TABLE agents.journal_positions (
  bucket VARCHAR(255) NOT NULL,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  message_time_nanos BIGINT NOT NULL DEFAULT 0,
  stream_created_nanos BIGINT NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT journal_positions_pkey PRIMARY KEY (bucket),
  -- Deferred: a position and the epoch that it begins may be written in either order.
  CONSTRAINT journal_positions_epoch_fkey
    FOREIGN KEY (bucket, epoch) REFERENCES agents.journal_epochs (bucket, epoch)
    DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT valid_sequence CHECK (sequence >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Who flushes for all. A lease saves work; the position is what keeps a late flusher out.
CREATE TABLE agents.journal_leases (
  bucket VARCHAR(255) NOT NULL,
  holder VARCHAR(255) NOT NULL,
  fencing_token BIGINT NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT journal_leases_pkey PRIMARY KEY (bucket),
  CONSTRAINT valid_fencing_token CHECK (fencing_token > 0)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
