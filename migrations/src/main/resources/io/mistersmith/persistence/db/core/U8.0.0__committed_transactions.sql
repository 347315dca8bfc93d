DROP TABLE agents.committed_transactions;
