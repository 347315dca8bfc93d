-- All messages, by the time at which they were sent.
--
-- The key holds the partition's column too, so message_id alone is not unique. A writer that
-- records a message again gives the time that the message has, never a new one, and it is refused.
--
-- A message outlives its sender, its recipient and its channel; their columns become null. The
-- remaining row may have no target, which routing_consistency would refuse, and the deletion with it. So a
-- message whose recipient or channel is deleted is marked in orphaned_at, by a trigger that looks
-- whether they are really gone: a recipient that is taken out by hand is refused as before.

CREATE TABLE messages.log (
  message_id messages.message_id_type NOT NULL DEFAULT gen_random_uuid(),
  channel_id UUID,
  from_agent_id agents.agent_id_type,
  to_agent_id agents.agent_id_type,
  broadcast_to_type VARCHAR(50),
  message_type messages.message_type NOT NULL,
  subject VARCHAR(255),
  payload JSONB NOT NULL DEFAULT '{}',
  headers JSONB NOT NULL DEFAULT '{}',
  correlation_id UUID,
  reply_to VARCHAR(255),
  sent_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  delivered_at TIMESTAMPTZ,
  processed_at TIMESTAMPTZ,
  -- When the recipient or the channel was deleted.
  orphaned_at TIMESTAMPTZ,
  delivery_attempts INTEGER NOT NULL DEFAULT 0,
  priority INTEGER NOT NULL DEFAULT 0,
  expires_at TIMESTAMPTZ,
  is_persistent BOOLEAN NOT NULL DEFAULT TRUE,
  CONSTRAINT log_pkey PRIMARY KEY (message_id, sent_at),
  CONSTRAINT log_channel_id_fkey
    FOREIGN KEY (channel_id) REFERENCES messages.channels (channel_id) ON DELETE SET NULL,
  CONSTRAINT log_from_agent_id_fkey
    FOREIGN KEY (from_agent_id) REFERENCES agents.registry (agent_id) ON DELETE SET NULL,
  CONSTRAINT log_to_agent_id_fkey
    FOREIGN KEY (to_agent_id) REFERENCES agents.registry (agent_id) ON DELETE SET NULL,
  CONSTRAINT valid_priority CHECK (priority BETWEEN 0 AND 10),
  CONSTRAINT valid_delivery_attempts CHECK (delivery_attempts >= 0),
  -- To one agent, to a type of agents, to all that listen to the channel, or back to the sender of a request.
  CONSTRAINT routing_consistency CHECK (
    message_type = 'heartbeat'
    OR orphaned_at IS NOT NULL
    OR num_nonnulls(to_agent_id, broadcast_to_type) = 1
    OR (
      num_nonnulls(to_agent_id, broadcast_to_type) = 0
      AND (
        channel_id IS NOT NULL
        OR (message_type IN ('response', 'error') AND num_nonnulls(correlation_id, reply_to) > 0)
      )
    )
  )
) PARTITION BY RANGE (sent_at);

-- Takes what no other partition covers.
CREATE TABLE messages.log_default PARTITION OF messages.log DEFAULT
  WITH (
    autovacuum_vacuum_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_limit = 1000
  );

CREATE INDEX idx_messages_log_from_sent ON messages.log (from_agent_id, sent_at);

CREATE INDEX idx_messages_log_to_sent ON messages.log (to_agent_id, sent_at);

CREATE INDEX idx_messages_log_type_sent ON messages.log (message_type, sent_at);

CREATE INDEX idx_messages_log_correlation ON messages.log (correlation_id)
  WHERE correlation_id IS NOT NULL;

CREATE INDEX idx_messages_log_channel_sent ON messages.log (channel_id, sent_at);

CREATE INDEX idx_messages_log_undelivered ON messages.log (sent_at)
  WHERE delivered_at IS NULL;

CREATE INDEX idx_messages_log_routing ON messages.log (from_agent_id, to_agent_id, sent_at)
  WHERE delivered_at IS NULL;

CREATE FUNCTION messages.mark_orphans()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  IF (
       NEW.to_agent_id IS NULL
       AND OLD.to_agent_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM agents.registry WHERE agent_id = OLD.to_agent_id)
     )
     OR (
       NEW.channel_id IS NULL
       AND OLD.channel_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM messages.channels WHERE channel_id = OLD.channel_id)
     )
  THEN
    NEW.orphaned_at := coalesce(OLD.orphaned_at, clock_timestamp());
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER mark_orphans
  BEFORE UPDATE OF to_agent_id, channel_id ON messages.log
  FOR EACH ROW
  EXECUTE FUNCTION messages.mark_orphans();
