-- kind: schema
-- depends-on: 1.3.0, core 1.7.0
-- Checkpoints and lifecycle events belong to their agent's tenant. Whoever triggers an event is of
-- the same one.

SELECT agents.isolate_table('agents.checkpoints', 'agent_id');
SELECT agents.isolate_table('agents.lifecycle_events', 'agent_id');
