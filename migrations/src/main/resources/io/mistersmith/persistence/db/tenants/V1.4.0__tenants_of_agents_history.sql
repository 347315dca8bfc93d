-- kind: schema
-- depends-on: 1.3.0, core 1.6.0
-- Checkpoints and lifecycle events belong to their agent's tenant, as do a checkpoint's parent and
-- the agent that triggered an event.

SELECT agents.isolate_table('agents.checkpoints', 'agent_id');
SELECT agents.isolate_table('agents.lifecycle_events', 'agent_id');
