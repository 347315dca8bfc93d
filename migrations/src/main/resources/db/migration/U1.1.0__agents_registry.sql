DROP TABLE agents.registry;
