-- lint: allow unique-without-index — it is taken back while nobody writes, as it was applied
-- Fails where two tenants have channels of one name: one of them must be renamed first.
SELECT agents.join_table('sessions.active');
SELECT agents.join_table('messages.log');
SELECT agents.join_table('messages.subscriptions');

ALTER TABLE messages.channels
  DROP CONSTRAINT channels_channel_name_key,
  ADD CONSTRAINT channels_channel_name_key UNIQUE (channel_name);

SELECT agents.join_table('messages.channels');
REVOKE USAGE ON SCHEMA messages, sessions FROM app_tenant, app_flusher;
