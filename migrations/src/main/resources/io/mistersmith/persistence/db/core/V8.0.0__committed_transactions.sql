-- kind: schema
-- depends-on: 7.0.0
-- Transactions of the application that were committed under a correlation id. Each inserts its row
-- before all else: a client whose connection was lost during COMMIT finds out by the row whether
-- the transaction was applied, and a second transaction with the id is refused. The runtime deletes
-- rows after seven days.

CREATE TABLE agents.committed_transactions (
  correlation_id TEXT NOT NULL,
  noted_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT committed_transactions_pkey PRIMARY KEY (correlation_id),
  CONSTRAINT valid_correlation_id CHECK (char_length(correlation_id) BETWEEN 1 AND 255)
);

CREATE INDEX idx_agents_committed_transactions_noted
  ON agents.committed_transactions USING brin (noted_at);
