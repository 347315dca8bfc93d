DROP TABLE agents.lifecycle_events;
