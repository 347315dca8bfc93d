DROP TABLE agents.journal_samples;
DROP TABLE agents.journal_leases;
DROP TABLE agents.journal_positions;
DROP TABLE agents.journal_epochs;
DROP SEQUENCE agents.journal_epoch_numbers;
