DROP TABLE agents.data_keys;
