-- The messages schema, its types, the channels, and who listens to them.
--
-- Left out: an index on channels (channel_name), which channels_channel_name_key is.

CREATE SCHEMA IF NOT EXISTS messages;

-- Each column says for itself whether it may be null.
CREATE DOMAIN messages.message_id_type AS UUID;

CREATE TYPE messages.message_type AS ENUM (
  'command',
  'query',
  'response',
  'notification',
  'heartbeat',
  'error'
);

CREATE TABLE messages.channels (
  channel_id UUID NOT NULL DEFAULT gen_random_uuid(),
  channel_name VARCHAR(255) NOT NULL,
  channel_type VARCHAR(50) NOT NULL,
  description TEXT,
  configuration JSONB NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT channels_pkey PRIMARY KEY (channel_id),
  CONSTRAINT channels_channel_name_key UNIQUE (channel_name),
  CONSTRAINT valid_channel_name CHECK (length(channel_name) > 0),
  CONSTRAINT valid_channel_type
    CHECK (channel_type IN ('broadcast', 'direct', 'topic', 'queue'))
);

CREATE INDEX idx_messages_channels_type_active ON messages.channels (channel_type, is_active);

CREATE TABLE messages.subscriptions (
  subscription_id UUID NOT NULL DEFAULT gen_random_uuid(),
  agent_id agents.agent_id_type NOT NULL,
  channel_id UUID NOT NULL,
  -- Null for everything in the channel.
  message_pattern VARCHAR(255),
  filters JSONB NOT NULL DEFAULT '{}',
  is_active BOOLEAN NOT NULL DEFAULT TRUE,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT subscriptions_pkey PRIMARY KEY (subscription_id),
  CONSTRAINT subscriptions_agent_id_channel_id_message_pattern_key
    UNIQUE NULLS NOT DISTINCT (agent_id, channel_id, message_pattern),
  CONSTRAINT subscriptions_agent_id_fkey
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  CONSTRAINT subscriptions_channel_id_fkey
    FOREIGN KEY (channel_id) REFERENCES messages.channels (channel_id) ON DELETE CASCADE
);

CREATE INDEX idx_messages_subscriptions_agent ON messages.subscriptions (agent_id, is_active);

CREATE INDEX idx_messages_subscriptions_channel ON messages.subscriptions (channel_id, is_active);
