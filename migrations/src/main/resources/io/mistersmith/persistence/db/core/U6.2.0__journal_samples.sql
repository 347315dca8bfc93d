DROP TABLE agents.journal_samples;
