ALTER TABLE agents.state_7 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.state_6 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.state_5 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.state_4 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.state_3 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.state_2 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.state_1 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.state_0 RESET (autovacuum_vacuum_cost_limit);
ALTER TABLE agents.registry RESET (
  autovacuum_vacuum_scale_factor,
  autovacuum_analyze_scale_factor,
  autovacuum_vacuum_cost_limit
);
