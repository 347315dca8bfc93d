-- kind: schema
-- depends-on: 1.3.0

-- Samples of the journals' positions, each with the time when the position moved there. They say
-- how long an entry has been committed, which its row and its message do not: both have the time of
-- the write, and an entry that waited for PostgreSQL may have been written long before. An entry
-- leaves KV only when it has been committed for the idle time, so that a replica that lags by less
-- has it. The samples go back together with the position when the database does.
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
