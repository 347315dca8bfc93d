-- kind: schema
-- depends-on: 1.8.0, core 12.0.0
-- A delivery has the tenant of its recipient, or of its queue.

SELECT agents.isolate_table('messages.deliveries', 'agent_id', 'channel_id');
