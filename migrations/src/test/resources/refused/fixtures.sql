-- What the bad rows of this folder need to be bad in only one way.
INSERT INTO agents.registry (agent_id, agent_type, agent_name)
VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'w', 'one'),
       ('aaaaaaaa-0000-4000-8000-000000000002', 'w', 'two');
INSERT INTO agents.state (agent_id, state_key, state_value)
VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'k', '1');
INSERT INTO agents.checkpoints (checkpoint_id, agent_id, state_snapshot)
VALUES ('aaaaaaaa-0000-4000-8000-0000000000c1', 'aaaaaaaa-0000-4000-8000-000000000001', '{}');
INSERT INTO agents.lifecycle_events (event_id, agent_id, event_type, created_at)
VALUES ('aaaaaaaa-0000-4000-8000-0000000000e1', 'aaaaaaaa-0000-4000-8000-000000000001', 'started',
        '2020-01-01Z');
INSERT INTO agents.journal_epochs (bucket, epoch, first_sequence, stream_created_nanos, reason)
VALUES ('KNOWN', nextval('agents.journal_epoch_numbers'), 1, 0, 'new');
INSERT INTO agents.journal_positions (bucket, epoch, sequence, stream_created_nanos)
SELECT bucket, epoch, 1, 0 FROM agents.journal_epochs;
INSERT INTO agents.journal_leases (bucket, holder, fencing_token, expires_at)
VALUES ('KNOWN', 'h', 1, now());
INSERT INTO agents.journal_samples (bucket, age_micros, epoch, sequence, moved_at)
VALUES ('KNOWN', 1, 1, 1, now());
INSERT INTO agents.dead_letters
       (dead_letter_id, bucket, subject, epoch, sequence, operation, reason_code, reason)
VALUES ('aaaaaaaa-0000-4000-8000-0000000000d1', 'KNOWN', 's', 1, 1, 'put', 'X', 'y');
INSERT INTO agents.committed_transactions (correlation_id) VALUES ('known');
INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at)
VALUES ('dddddddd-0000-4000-8000-000000000001', 's', 'm', '\x00', now());
INSERT INTO messages.handled (consumer, message_id) VALUES ('known', 'known');
INSERT INTO agents.large_values (content, written_at)
VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', now());
INSERT INTO agents.value_chunks (content, number, bytes)
VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', 0, '\x01');
INSERT INTO agents.large_value_names (content, agent_id, state_key, is_complete)
VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', 'aaaaaaaa-0000-4000-8000-000000000001', '_large.k',
        TRUE);
INSERT INTO tasks.queue (task_id, task_type)
VALUES ('bbbbbbbb-0000-4000-8000-000000000001', 't'),
       ('bbbbbbbb-0000-4000-8000-000000000002', 't'),
       ('bbbbbbbb-0000-4000-8000-000000000003', 't');
INSERT INTO tasks.dependencies (dependency_id, task_id, depends_on_task_id)
VALUES ('bbbbbbbb-0000-4000-8000-0000000000d1', 'bbbbbbbb-0000-4000-8000-000000000002',
        'bbbbbbbb-0000-4000-8000-000000000001');
INSERT INTO tasks.executions (execution_id, task_id, agent_id, started_at)
VALUES ('bbbbbbbb-0000-4000-8000-0000000000e1', 'bbbbbbbb-0000-4000-8000-000000000001',
        'aaaaaaaa-0000-4000-8000-000000000001', '2020-01-01Z');
INSERT INTO agents.log_entries (agent_id, log, version, entry, bytes_before, epoch, sequence,
                                checksum, written_at)
VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'turns.main', 1, '"hello"', 0, 1, 1, 'c', now());
INSERT INTO messages.channels (channel_id, channel_name, channel_type)
VALUES ('cccccccc-0000-4000-8000-000000000001', 'news', 'topic');
INSERT INTO messages.subscriptions (subscription_id, agent_id, channel_id)
VALUES ('cccccccc-0000-4000-8000-0000000000b1', 'aaaaaaaa-0000-4000-8000-000000000001',
        'cccccccc-0000-4000-8000-000000000001');
INSERT INTO messages.log (message_id, message_type, to_agent_id, sent_at)
VALUES ('cccccccc-0000-4000-8000-0000000000a1', 'command',
        'aaaaaaaa-0000-4000-8000-000000000001', '2020-01-01Z');
INSERT INTO messages.deliveries (delivery_id, message_id, sent_at, agent_id, priority)
OVERRIDING SYSTEM VALUE
VALUES (1000000, 'cccccccc-0000-4000-8000-0000000000a1', '2020-01-01Z',
        'aaaaaaaa-0000-4000-8000-000000000001', 0);
INSERT INTO sessions.active (session_id, session_token, expires_at)
VALUES ('cccccccc-0000-4000-8000-0000000000f1', repeat('t', 32), now() + INTERVAL '1 h');
INSERT INTO knowledge.facts (fact_id, entity_type, entity_id, predicate, object_value, object_type)
VALUES ('dddddddd-0000-4000-8000-000000000001', 'city', 'Rome', 'is', '"old"', 'text');
INSERT INTO knowledge.embeddings
       (embedding_id, fact_id, embedding_model, embedding_version, text_content, content_hash)
VALUES ('dddddddd-0000-4000-8000-0000000000e1', 'dddddddd-0000-4000-8000-000000000001', 'm', '1',
        'Rome is old', 'h');
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key)
VALUES ('ffffffff-0000-4000-8000-000000000001', 'order', 1, '{reserve}', '{}', 'c', 'known'),
       ('ffffffff-0000-4000-8000-000000000002', 'order', 1, '{reserve}', '{}', 'c', NULL);
INSERT INTO sagas.log (saga_id, position, run_number, event)
VALUES ('ffffffff-0000-4000-8000-000000000001', 1, 1, 'begun'),
       ('ffffffff-0000-4000-8000-000000000002', 1, 1, 'begun');
INSERT INTO sagas.open (saga_id, name, version, holder, run_number, due_at, deadline)
VALUES ('ffffffff-0000-4000-8000-000000000001', 'order', 1, NULL, 1, now(), now()),
       ('ffffffff-0000-4000-8000-000000000002', 'order', 1, 'r', 1, now(), now());
INSERT INTO recovery.test_results (test_id, test_type, backup_timestamp)
VALUES ('eeeeeeee-0000-4000-8000-000000000001', 'pitr', now());
INSERT INTO agents.forgotten (agent_id) VALUES ('aaaaaaaa-0000-4000-8000-00000000000f');
INSERT INTO sagas.entry_writes (owner, path, token, correlation_id) VALUES ('u', '_.k', 't', 'c');
