-- kind: schema
-- depends-on: 1.3.0, core 5.0.0
-- lint: allow unique-without-index — the set is applied while nobody writes, as its first script says
-- A channel belongs to the session's tenant, and its name is unique among that tenant's. A message
-- belongs to the tenant of its sender, else of its recipient, else of its channel. The token of a
-- session stays unique among all, since it is looked up before the tenant is known.

GRANT USAGE ON SCHEMA messages, sessions TO app_tenant, app_flusher;

SELECT agents.isolate_table('messages.channels');

ALTER TABLE messages.channels
  DROP CONSTRAINT channels_channel_name_key,
  ADD CONSTRAINT channels_channel_name_key UNIQUE (tenant_id, channel_name);

SELECT agents.isolate_table('messages.subscriptions', 'agent_id', 'channel_id');
SELECT agents.isolate_table('messages.log', 'from_agent_id', 'to_agent_id', 'channel_id');
SELECT agents.isolate_table('sessions.active', 'agent_id');
