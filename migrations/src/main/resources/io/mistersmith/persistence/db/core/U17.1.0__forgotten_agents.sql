DROP TABLE agents.forgotten;
