-- refused: messages.channels channels_pkey
INSERT INTO messages.channels (channel_id, channel_name, channel_type) VALUES ('cccccccc-0000-4000-8000-000000000001', 'x', 'topic');
-- refused: messages.channels channels_channel_name_key
INSERT INTO messages.channels (channel_name, channel_type) VALUES ('news', 'queue');
-- refused: messages.channels valid_channel_name
INSERT INTO messages.channels (channel_name, channel_type) VALUES ('', 'topic');
-- refused: messages.channels valid_channel_type
INSERT INTO messages.channels (channel_name, channel_type) VALUES ('x', 'pigeon');
-- refused: messages.subscriptions subscriptions_pkey
INSERT INTO messages.subscriptions (subscription_id, agent_id, channel_id) VALUES ('cccccccc-0000-4000-8000-0000000000b1', 'aaaaaaaa-0000-4000-8000-000000000002', 'cccccccc-0000-4000-8000-000000000001');
-- refused: messages.subscriptions subscriptions_agent_id_channel_id_message_pattern_key
INSERT INTO messages.subscriptions (agent_id, channel_id) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'cccccccc-0000-4000-8000-000000000001');
-- refused: messages.subscriptions subscriptions_agent_id_fkey
INSERT INTO messages.subscriptions (agent_id, channel_id) VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'cccccccc-0000-4000-8000-000000000001');
-- refused: messages.subscriptions subscriptions_channel_id_fkey
INSERT INTO messages.subscriptions (agent_id, channel_id) VALUES ('aaaaaaaa-0000-4000-8000-000000000002', 'cccccccc-0000-4000-8000-000000000009');
-- refused: messages.log log_pkey as log_default_pkey
INSERT INTO messages.log (message_id, message_type, to_agent_id, sent_at) VALUES ('cccccccc-0000-4000-8000-0000000000a1', 'command', 'aaaaaaaa-0000-4000-8000-000000000001', '2020-01-01Z');
-- refused: messages.log log_channel_id_fkey
INSERT INTO messages.log (message_type, channel_id) VALUES ('command', 'cccccccc-0000-4000-8000-000000000009');
-- refused: messages.log log_from_agent_id_fkey
INSERT INTO messages.log (message_type, from_agent_id, broadcast_to_type) VALUES ('command', 'aaaaaaaa-0000-4000-8000-000000000009', 'w');
-- refused: messages.log log_to_agent_id_fkey
INSERT INTO messages.log (message_type, to_agent_id) VALUES ('command', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: messages.log valid_priority
INSERT INTO messages.log (message_type, priority) VALUES ('heartbeat', 11);
-- refused: messages.log valid_priority
INSERT INTO messages.log (message_type, priority) VALUES ('heartbeat', -1);
-- refused: messages.log valid_delivery_attempts
INSERT INTO messages.log (message_type, delivery_attempts) VALUES ('heartbeat', -1);
-- refused: messages.log routing_consistency
INSERT INTO messages.log (message_type) VALUES ('command');
-- refused: messages.log routing_consistency
INSERT INTO messages.log (message_type) VALUES ('response');
-- refused: messages.log routing_consistency
INSERT INTO messages.log (message_type, correlation_id) VALUES ('command', gen_random_uuid());
-- refused: messages.log routing_consistency
INSERT INTO messages.log (message_type, to_agent_id, broadcast_to_type) VALUES ('command', 'aaaaaaaa-0000-4000-8000-000000000001', 'w');
-- refused: messages.log routing_consistency
INSERT INTO messages.log (message_type, to_agent_id, broadcast_to_type, channel_id) VALUES ('command', 'aaaaaaaa-0000-4000-8000-000000000001', 'w', 'cccccccc-0000-4000-8000-000000000001');
-- refused: messages.log routing_consistency
UPDATE messages.log SET to_agent_id = NULL WHERE message_id = 'cccccccc-0000-4000-8000-0000000000a1';
-- refused: messages.deliveries deliveries_pkey
INSERT INTO messages.deliveries (delivery_id, message_id, sent_at, agent_id, priority) OVERRIDING SYSTEM VALUE VALUES (1000000, gen_random_uuid(), now(), 'aaaaaaaa-0000-4000-8000-000000000001', 0);
-- refused: messages.deliveries deliveries_message_id_sent_at_agent_id_key
INSERT INTO messages.deliveries (message_id, sent_at, agent_id, priority) VALUES ('cccccccc-0000-4000-8000-0000000000a1', '2020-01-01Z', 'aaaaaaaa-0000-4000-8000-000000000001', 0);
-- refused: messages.deliveries deliveries_message_id_sent_at_agent_id_key
INSERT INTO messages.deliveries (message_id, sent_at, channel_id, priority) SELECT 'cccccccc-0000-4000-8000-0000000000a2'::uuid, '2020-01-01Z'::timestamptz, 'cccccccc-0000-4000-8000-000000000001'::uuid, 0 FROM generate_series(1, 2);
-- refused: messages.deliveries deliveries_agent_id_fkey
INSERT INTO messages.deliveries (message_id, sent_at, agent_id, priority) VALUES (gen_random_uuid(), now(), 'aaaaaaaa-0000-4000-8000-000000000009', 0);
-- refused: messages.deliveries deliveries_channel_id_fkey
INSERT INTO messages.deliveries (message_id, sent_at, channel_id, priority) VALUES (gen_random_uuid(), now(), 'cccccccc-0000-4000-8000-000000000009', 0);
-- refused: messages.deliveries agent_or_queue
INSERT INTO messages.deliveries (message_id, sent_at, priority) VALUES (gen_random_uuid(), now(), 0);
-- refused: messages.deliveries agent_or_queue
INSERT INTO messages.deliveries (message_id, sent_at, agent_id, channel_id, priority) VALUES (gen_random_uuid(), now(), 'aaaaaaaa-0000-4000-8000-000000000001', 'cccccccc-0000-4000-8000-000000000001', 0);
-- refused: messages.handled handled_pkey
INSERT INTO messages.handled (consumer, message_id) VALUES ('known', 'known');
-- refused: messages.handled valid_consumer
INSERT INTO messages.handled (consumer, message_id) VALUES ('', 'm');
-- refused: messages.handled valid_message_id
INSERT INTO messages.handled (consumer, message_id) VALUES ('c', '');
