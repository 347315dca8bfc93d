-- kind: schema
-- depends-on: 8.0.0
-- Which attempt of which process was committed under a correlation id. An id is the application's,
-- so that two processes may run the same work: one that lost the answer to its COMMIT must not take
-- the other's row for its own. Rows of earlier versions of the library have none.

ALTER TABLE agents.committed_transactions
  ADD COLUMN attempt UUID;
