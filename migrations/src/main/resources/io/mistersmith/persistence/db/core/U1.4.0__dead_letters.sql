DROP TABLE agents.dead_letters;
