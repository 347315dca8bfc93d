-- Vacuum for what is rewritten all the time: sooner, and with a larger budget of its own.

ALTER TABLE agents.registry SET (
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 1000
);

-- The scale factors of the partitions were set when they were made.
ALTER TABLE agents.state_0 SET (autovacuum_vacuum_cost_limit = 1000);
ALTER TABLE agents.state_1 SET (autovacuum_vacuum_cost_limit = 1000);
ALTER TABLE agents.state_2 SET (autovacuum_vacuum_cost_limit = 1000);
ALTER TABLE agents.state_3 SET (autovacuum_vacuum_cost_limit = 1000);
ALTER TABLE agents.state_4 SET (autovacuum_vacuum_cost_limit = 1000);
ALTER TABLE agents.state_5 SET (autovacuum_vacuum_cost_limit = 1000);
ALTER TABLE agents.state_6 SET (autovacuum_vacuum_cost_limit = 1000);
ALTER TABLE agents.state_7 SET (autovacuum_vacuum_cost_limit = 1000);
