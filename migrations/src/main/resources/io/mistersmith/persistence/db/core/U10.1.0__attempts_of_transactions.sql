ALTER TABLE agents.committed_transactions
  DROP COLUMN attempt;
