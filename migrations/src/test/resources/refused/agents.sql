-- refused: agents.registry registry_pkey
INSERT INTO agents.registry (agent_id, agent_type, agent_name) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'w', 'x');
-- refused: agents.registry registry_parent_agent_id_fkey
INSERT INTO agents.registry (agent_type, agent_name, parent_agent_id) VALUES ('w', 'x', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: agents.registry always_registered
INSERT INTO agents.registry (agent_type, agent_name, registered) VALUES ('w', 'x', false);
-- refused: agents.registry valid_agent_name
INSERT INTO agents.registry (agent_type, agent_name) VALUES ('w', '');
-- refused: agents.registry valid_agent_type
INSERT INTO agents.registry (agent_type, agent_name) VALUES ('', 'x');
-- refused: agents.registry valid_agent_metadata
INSERT INTO agents.registry (agent_type, agent_name, metadata) VALUES ('w', 'x', '{}');
-- refused: agents.registry valid_agent_metadata
INSERT INTO agents.registry (agent_type, agent_name, metadata) VALUES ('w', 'x', '[]');
-- refused: agents.registry valid_agent_metadata
INSERT INTO agents.registry (agent_type, agent_name, metadata) VALUES ('w', 'x', '{"version": 1}');
-- refused: agents.registry valid_agent_metadata
INSERT INTO agents.registry (agent_type, agent_name, metadata) VALUES ('w', 'x', '{"version": 1, "created_at": null}');
-- refused: agents.registry valid_agent_metadata
INSERT INTO agents.registry (agent_type, agent_name, metadata) VALUES ('w', 'x', '{"version": 1, "created_at": "today"}');
-- refused: agents.registry valid_agent_metadata
INSERT INTO agents.registry (agent_type, agent_name, metadata) VALUES ('w', 'x', '{"created_at": "2026-01-01T00:00:00Z"}');
-- refused: agents.registry valid_agent_version
INSERT INTO agents.registry (agent_type, agent_name, version) VALUES ('w', 'x', 0);
-- refused: agents.registry valid_agent_version
INSERT INTO agents.registry (agent_type, agent_name, published_version) VALUES ('w', 'x', -1);
-- refused: agents.registry no_self_parent
INSERT INTO agents.registry (agent_id, agent_type, agent_name, parent_agent_id) VALUES ('aaaaaaaa-0000-4000-8000-000000000008', 'w', 'x', 'aaaaaaaa-0000-4000-8000-000000000008');
-- refused: agents.state state_pkey as state_4_pkey
INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'k', '1');
-- refused: agents.state state_agent_id_fkey
INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'k', '1');
-- refused: agents.state valid_owner
INSERT INTO agents.state (agent_id, owner, state_key, state_value) VALUES ('aaaaaaaa-0000-4000-8000-000000000009', '', 'k', '1');
-- refused: agents.state valid_state_key
INSERT INTO agents.state (agent_id, state_key, state_value) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '', '1');
-- refused: agents.state valid_version
INSERT INTO agents.state (agent_id, state_key, state_value, version) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'v', '1', 0);
-- refused: agents.state valid_epoch
INSERT INTO agents.state (agent_id, state_key, state_value, epoch) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'v', '1', 0);
-- refused: agents.journal_epochs journal_epochs_pkey
INSERT INTO agents.journal_epochs SELECT * FROM agents.journal_epochs WHERE bucket = 'KNOWN';
-- refused: agents.journal_epochs valid_journal_epoch
INSERT INTO agents.journal_epochs (bucket, epoch, first_sequence, stream_created_nanos, reason) VALUES ('b', 0, 1, 0, 'new');
-- refused: agents.journal_epochs valid_first_sequence
INSERT INTO agents.journal_epochs (bucket, epoch, first_sequence, stream_created_nanos, reason) VALUES ('b', 1, -1, 0, 'new');
-- refused: agents.journal_positions journal_positions_pkey
INSERT INTO agents.journal_positions SELECT * FROM agents.journal_positions WHERE bucket = 'KNOWN';
-- refused: agents.journal_positions journal_positions_epoch_fkey
INSERT INTO agents.journal_positions (bucket, epoch, sequence, stream_created_nanos) VALUES ('no_epoch', 1, 0, 0);
-- refused: agents.journal_positions valid_sequence
INSERT INTO agents.journal_positions (bucket, epoch, sequence, stream_created_nanos) VALUES ('b', 1, -1, 0);
-- refused: agents.journal_leases journal_leases_pkey
INSERT INTO agents.journal_leases (bucket, holder, fencing_token, expires_at) VALUES ('KNOWN', 'i', 2, now());
-- refused: agents.journal_leases valid_fencing_token
INSERT INTO agents.journal_leases (bucket, holder, fencing_token, expires_at) VALUES ('b', 'h', 0, now());
-- refused: agents.journal_samples journal_samples_pkey
INSERT INTO agents.journal_samples SELECT * FROM agents.journal_samples WHERE bucket = 'KNOWN';
-- refused: agents.journal_samples valid_journal_sample
INSERT INTO agents.journal_samples (bucket, age_micros, epoch, sequence, moved_at) VALUES ('b', 0, 1, 1, now());
-- refused: agents.installation installation_pkey
INSERT INTO agents.installation DEFAULT VALUES;
-- refused: agents.installation one_installation
INSERT INTO agents.installation (only_row) VALUES (FALSE);
-- refused: agents.dead_letters dead_letters_pkey
INSERT INTO agents.dead_letters (dead_letter_id, bucket, subject, epoch, sequence, operation, reason_code, reason) VALUES ('aaaaaaaa-0000-4000-8000-0000000000d1', 'b', 's', 1, 1, 'put', 'X', 'y');
-- refused: agents.dead_letters dead_letters_revision_key
INSERT INTO agents.dead_letters (bucket, subject, epoch, sequence, operation, reason_code, reason) VALUES ('KNOWN', 's', 1, 1, 'put', 'X', 'y');
-- refused: agents.dead_letters valid_operation
INSERT INTO agents.dead_letters (bucket, subject, epoch, sequence, operation, reason_code, reason) VALUES ('b', 's', 1, 1, 'merge', 'X', 'y');
-- refused: agents.dead_letters valid_status
INSERT INTO agents.dead_letters (bucket, subject, epoch, sequence, operation, reason_code, reason, status) VALUES ('b', 's', 1, 1, 'put', 'X', 'y', 'lost');
-- refused: agents.checkpoints checkpoints_pkey
INSERT INTO agents.checkpoints (checkpoint_id, agent_id, state_snapshot) VALUES ('aaaaaaaa-0000-4000-8000-0000000000c1', 'aaaaaaaa-0000-4000-8000-000000000001', '{}');
-- refused: agents.checkpoints checkpoints_agent_id_fkey
INSERT INTO agents.checkpoints (agent_id, state_snapshot) VALUES ('aaaaaaaa-0000-4000-8000-000000000009', '{}');
-- refused: agents.checkpoints valid_checkpoint_name
INSERT INTO agents.checkpoints (agent_id, state_snapshot, checkpoint_name) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', '');
-- refused: agents.checkpoints valid_checkpoint_position
INSERT INTO agents.checkpoints (agent_id, state_snapshot, journal_epoch) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', 1);
-- refused: agents.checkpoints valid_checkpoint_position
INSERT INTO agents.checkpoints (agent_id, state_snapshot, journal_sequence) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', 1);
-- refused: agents.checkpoints valid_checkpoint_position
INSERT INTO agents.checkpoints (agent_id, state_snapshot, journal_epoch, journal_sequence) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', 0, 1);
-- refused: agents.checkpoints valid_checkpoint_size
INSERT INTO agents.checkpoints (agent_id, state_snapshot, entry_count) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', -1);
-- refused: agents.checkpoints valid_checkpoint_size
INSERT INTO agents.checkpoints (agent_id, state_snapshot, size_bytes) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', -1);
-- refused: agents.checkpoints checkpoints_parent_checkpoint_id_fkey
INSERT INTO agents.checkpoints (agent_id, state_snapshot, parent_checkpoint_id) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', 'aaaaaaaa-0000-4000-8000-0000000000c9');
-- refused: agents.checkpoints valid_checkpoint_parent
INSERT INTO agents.checkpoints (checkpoint_id, agent_id, state_snapshot, parent_checkpoint_id) VALUES ('aaaaaaaa-0000-4000-8000-0000000000c8', 'aaaaaaaa-0000-4000-8000-000000000001', '{}', 'aaaaaaaa-0000-4000-8000-0000000000c8');
-- refused: agents.checkpoints valid_dead_letter_count
INSERT INTO agents.checkpoints (agent_id, state_snapshot, dead_letter_count) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '{}', -1);
-- refused: agents.lifecycle_events lifecycle_events_pkey as lifecycle_events_default_pkey
INSERT INTO agents.lifecycle_events (event_id, agent_id, event_type, created_at) VALUES ('aaaaaaaa-0000-4000-8000-0000000000e1', 'aaaaaaaa-0000-4000-8000-000000000001', 'started', '2020-01-01Z');
-- refused: agents.lifecycle_events lifecycle_events_agent_id_fkey
INSERT INTO agents.lifecycle_events (agent_id, event_type) VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'started');
-- refused: agents.lifecycle_events lifecycle_events_triggered_by_fkey
INSERT INTO agents.lifecycle_events (agent_id, event_type, triggered_by) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'started', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: agents.lifecycle_events valid_event_type
INSERT INTO agents.lifecycle_events (agent_id, event_type) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', '');
-- refused: agents.lifecycle_events status_change
INSERT INTO agents.lifecycle_events (agent_id, event_type, previous_status, new_status) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'started', 'idle', 'idle');
-- refused: agents.committed_transactions committed_transactions_pkey
INSERT INTO agents.committed_transactions (correlation_id) VALUES ('known');
-- refused: agents.committed_transactions valid_correlation_id
INSERT INTO agents.committed_transactions (correlation_id) VALUES ('');
-- refused: agents.data_keys data_keys_pkey
INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at) VALUES ('dddddddd-0000-4000-8000-000000000001', 's', 'm', '\x00', now());
-- refused: agents.data_keys valid_subject
INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at) VALUES (gen_random_uuid(), '', 'm', '\x00', now());
-- refused: agents.data_keys valid_master_key
INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at) VALUES (gen_random_uuid(), 's', '', '\x00', now());
-- refused: agents.data_keys valid_wrapped_key
INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at) VALUES (gen_random_uuid(), 's', 'm', '', now());
-- refused: agents.data_keys destroyed_has_no_key
INSERT INTO agents.data_keys (key_id, subject, master_key, wrapped_key, created_at) VALUES (gen_random_uuid(), 's', 'm', NULL, now());
-- refused: agents.log_entries log_entries_pkey
INSERT INTO agents.log_entries (agent_id, log, version, entry, bytes_before, epoch, sequence, checksum, written_at) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'turns.main', 1, '1', 0, 1, 1, 'c', now());
-- refused: agents.log_entries log_entries_agent_id_fkey
INSERT INTO agents.log_entries (agent_id, log, version, entry, bytes_before, epoch, sequence, checksum, written_at) VALUES ('aaaaaaaa-0000-4000-8000-000000000009', 'turns.main', 1, '1', 0, 1, 1, 'c', now());
-- refused: agents.log_entries valid_log_owner
INSERT INTO agents.log_entries (agent_id, owner, log, version, entry, bytes_before, epoch, sequence, checksum, written_at) VALUES ('aaaaaaaa-0000-4000-8000-000000000009', '', 'turns.main', 1, '1', 0, 1, 1, 'c', now());
-- refused: agents.log_entries version_is_free
INSERT INTO agents.log_entries (agent_id, log, version, entry, bytes_before, epoch, sequence, checksum, written_at) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'turns.main', 2, '1', 0, 1, 0, 'c', now());
-- refused: agents.log_entries valid_log_version
INSERT INTO agents.log_entries (agent_id, log, version, entry, bytes_before, epoch, sequence, checksum, written_at) VALUES ('aaaaaaaa-0000-4000-8000-000000000001', 'turns.main', 0, '1', 0, 1, 1, 'c', now());
-- refused: agents.large_values large_values_pkey
INSERT INTO agents.large_values (content, written_at) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', now());
-- refused: agents.value_chunks value_chunks_pkey
INSERT INTO agents.value_chunks (content, number, bytes) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', 0, '\x01');
-- refused: agents.value_chunks value_chunks_content_fkey
INSERT INTO agents.value_chunks (content, number, bytes) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f9', 0, '\x01');
-- refused: agents.value_chunks valid_chunk
INSERT INTO agents.value_chunks (content, number, bytes) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', -1, '\x01');
-- refused: agents.value_chunks valid_chunk
INSERT INTO agents.value_chunks (content, number, bytes) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', 1, '');
-- refused: agents.large_value_names large_value_names_pkey
INSERT INTO agents.large_value_names (content, agent_id, state_key, is_complete) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', 'aaaaaaaa-0000-4000-8000-000000000001', '_large.k', TRUE);
-- refused: agents.large_value_names large_value_names_content_fkey
INSERT INTO agents.large_value_names (content, agent_id, state_key, is_complete) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f9', 'aaaaaaaa-0000-4000-8000-000000000001', '_large.k', TRUE);
-- refused: agents.large_value_names large_value_is_complete
INSERT INTO agents.large_value_names (content, agent_id, state_key, is_complete) VALUES ('aaaaaaaa-0000-4000-8000-0000000000f1', 'aaaaaaaa-0000-4000-8000-000000000001', '_large.l', FALSE);
-- refused: agents.forgotten forgotten_pkey
INSERT INTO agents.forgotten (agent_id) VALUES ('aaaaaaaa-0000-4000-8000-00000000000f');
-- refused: agents.forgotten valid_removed
INSERT INTO agents.forgotten (agent_id, removed) VALUES ('aaaaaaaa-0000-4000-8000-00000000000e', '[]');
-- refused: agents.forgotten checked_after_end
INSERT INTO agents.forgotten (agent_id, checked_at) VALUES ('aaaaaaaa-0000-4000-8000-00000000000e', now());
