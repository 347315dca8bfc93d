-- All messages. Partitioned by time, with a default partition for the rest.
--
-- A message outlives its sender, its recipient and its channel: their columns become null. What is
-- left may lead nowhere, which routing_consistency would refuse, and with it the delete of the
-- agent. So a message whose recipient or channel was deleted is marked in unrouted_at. The mark is
-- set by the trigger alone, and only when they are gone: nobody can null a recipient by hand.

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
  unrouted_at TIMESTAMPTZ,
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
  -- To one agent, to a type of agents, to a channel, or back to whoever asked.
  CONSTRAINT routing_consistency CHECK (
    unrouted_at IS NOT NULL
    OR message_type = 'heartbeat'
    OR num_nonnulls(to_agent_id, broadcast_to_type) = 1
    OR (
      num_nonnulls(to_agent_id, broadcast_to_type) = 0
      AND (channel_id IS NOT NULL
           OR (message_type IN ('response', 'error')
               AND num_nonnulls(correlation_id, reply_to) > 0))
    )
  )
) PARTITION BY RANGE (sent_at);

CREATE TABLE messages.log_default PARTITION OF messages.log DEFAULT;

CREATE FUNCTION messages.mark_unrouted()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  NEW.unrouted_at := NULL;
  IF TG_OP = 'UPDATE' THEN
    NEW.unrouted_at := OLD.unrouted_at;
    IF (NEW.to_agent_id IS NULL AND OLD.to_agent_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM agents.registry WHERE agent_id = OLD.to_agent_id))
      OR (NEW.channel_id IS NULL AND OLD.channel_id IS NOT NULL
          AND NOT EXISTS (SELECT FROM messages.channels WHERE channel_id = OLD.channel_id))
    THEN
      NEW.unrouted_at := clock_timestamp();
    END IF;
  END IF;
  RETURN NEW;
END;
$$;

CREATE TRIGGER mark_unrouted
  BEFORE INSERT OR UPDATE OF to_agent_id, channel_id, unrouted_at ON messages.log
  FOR EACH ROW
  EXECUTE FUNCTION messages.mark_unrouted();

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
