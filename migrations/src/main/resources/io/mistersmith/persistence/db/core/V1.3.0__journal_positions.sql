-- How far each bucket's journal is applied. The position moves in the transaction that writes the
-- rows, so that every entry is applied exactly once.

-- The only source of epochs, so that they only grow.
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
  -- Deferred: a position and its epoch may be written in either order.
  CONSTRAINT journal_positions_epoch_fkey
    FOREIGN KEY (bucket, epoch) REFERENCES agents.journal_epochs (bucket, epoch)
    DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT valid_sequence CHECK (sequence >= 0)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Which runtime flushes for all. A lease saves work; the position keeps a late flusher out.
CREATE TABLE agents.journal_leases (
  bucket VARCHAR(255) NOT NULL,
  holder VARCHAR(255) NOT NULL,
  fencing_token BIGINT NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT journal_leases_pkey PRIMARY KEY (bucket),
  CONSTRAINT valid_fencing_token CHECK (fencing_token > 0)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- Samples of the positions, each with the time when the position moved there. They say how long an
-- entry has been committed. Its row and its message do not: both have the time of the write, and an
-- entry that waited for PostgreSQL may have been written long before. An entry leaves KV only when
-- it has been committed for the idle time, so that a replica that lags by less has it. A restore
-- takes the samples back together with the position.
--
-- Each age that is asked for has about 17 samples, which the sweep adds and removes; the flush
-- writes none.
CREATE TABLE agents.journal_samples (
  bucket VARCHAR(255) NOT NULL,
  age_micros BIGINT NOT NULL,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  moved_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT journal_samples_pkey PRIMARY KEY (bucket, age_micros, epoch, sequence),
  CONSTRAINT valid_journal_sample CHECK (age_micros > 0 AND epoch > 0 AND sequence >= 0)
);
