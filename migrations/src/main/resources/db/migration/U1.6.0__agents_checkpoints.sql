DROP TABLE agents.checkpoints;
