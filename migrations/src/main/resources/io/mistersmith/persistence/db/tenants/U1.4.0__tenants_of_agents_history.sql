SELECT agents.join_table('agents.lifecycle_events');
SELECT agents.join_table('agents.checkpoints');
