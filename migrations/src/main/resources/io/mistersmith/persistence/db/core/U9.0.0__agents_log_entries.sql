DROP TABLE agents.log_entries;
