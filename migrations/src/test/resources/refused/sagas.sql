-- refused: sagas.runs runs_pkey
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES ('ffffffff-0000-4000-8000-000000000001', 'order', 1, '{reserve}', '{}', 'c', NULL, NULL);
-- refused: sagas.runs runs_parent_id_fkey
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), 'order', 1, '{reserve}', '{}', 'c', NULL, gen_random_uuid());
-- refused: sagas.runs valid_saga_name
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), '', 1, '{reserve}', '{}', 'c', NULL, NULL);
-- refused: sagas.runs valid_saga_version
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), 'order', 0, '{reserve}', '{}', 'c', NULL, NULL);
-- refused: sagas.runs valid_steps
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), 'order', 1, '{}', '{}', 'c', NULL, NULL);
-- refused: sagas.runs valid_steps
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), 'order', 1, '{reserve,NULL}', '{}', 'c', NULL, NULL);
-- refused: sagas.runs valid_input
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), 'order', 1, '{reserve}', '[]', 'c', NULL, NULL);
-- refused: sagas.runs valid_correlation_id
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), 'order', 1, '{reserve}', '{}', '', NULL, NULL);
-- refused: sagas.runs valid_unique_key
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES (gen_random_uuid(), 'order', 1, '{reserve}', '{}', 'c', '', NULL);
-- refused: sagas.runs no_own_parent
INSERT INTO sagas.runs (saga_id, name, version, steps, input, correlation_id, unique_key, parent_id) VALUES ('ffffffff-0000-4000-8000-000000000009', 'order', 1, '{reserve}', '{}', 'c', NULL, 'ffffffff-0000-4000-8000-000000000009');
-- refused: sagas.log log_pkey
INSERT INTO sagas.log (saga_id, position, run_number, attempt, event, data) VALUES ('ffffffff-0000-4000-8000-000000000001', 1, 1, 0, 'done', '{}');
-- refused: sagas.log valid_position
INSERT INTO sagas.log (saga_id, position, run_number, attempt, event, data) VALUES ('ffffffff-0000-4000-8000-000000000001', 0, 1, 0, 'done', '{}');
-- refused: sagas.log valid_run_number
INSERT INTO sagas.log (saga_id, position, run_number, attempt, event, data) VALUES ('ffffffff-0000-4000-8000-000000000001', 2, 0, 0, 'done', '{}');
-- refused: sagas.log valid_attempt
INSERT INTO sagas.log (saga_id, position, run_number, attempt, event, data) VALUES ('ffffffff-0000-4000-8000-000000000001', 2, 1, -1, 'done', '{}');
-- refused: sagas.log valid_event
INSERT INTO sagas.log (saga_id, position, run_number, attempt, event, data) VALUES ('ffffffff-0000-4000-8000-000000000001', 2, 1, 0, 'hoped', '{}');
-- refused: sagas.log valid_data
INSERT INTO sagas.log (saga_id, position, run_number, attempt, event, data) VALUES ('ffffffff-0000-4000-8000-000000000001', 2, 1, 0, 'done', '[]');
-- refused: sagas.open open_pkey
UPDATE sagas.open SET saga_id = 'ffffffff-0000-4000-8000-000000000002' WHERE saga_id = 'ffffffff-0000-4000-8000-000000000001';
-- refused: sagas.open valid_open_run_number
UPDATE sagas.open SET run_number = -1 WHERE saga_id = 'ffffffff-0000-4000-8000-000000000001';
-- refused: sagas.open valid_open_run_number
UPDATE sagas.open SET run_number = 0 WHERE saga_id = 'ffffffff-0000-4000-8000-000000000002';
-- refused: sagas.open valid_state
UPDATE sagas.open SET state = 'completed' WHERE saga_id = 'ffffffff-0000-4000-8000-000000000001';
-- refused: sagas.open valid_stop
UPDATE sagas.open SET stopped = 'bored', due_at = NULL WHERE saga_id = 'ffffffff-0000-4000-8000-000000000001';
-- refused: sagas.open stopped_is_not_due
UPDATE sagas.open SET stopped = 'forward_failed' WHERE saga_id = 'ffffffff-0000-4000-8000-000000000001';
-- refused: sagas.open stopped_is_not_due
UPDATE sagas.open SET due_at = NULL WHERE saga_id = 'ffffffff-0000-4000-8000-000000000001';
-- refused: sagas.open stopped_has_no_owner
UPDATE sagas.open SET stopped = 'forward_failed', due_at = NULL WHERE saga_id = 'ffffffff-0000-4000-8000-000000000002';
-- refused: sagas.entry_writes entry_writes_pkey
INSERT INTO sagas.entry_writes (owner, path, token, correlation_id) VALUES ('u', '_.k', 't', 'c');
-- refused: sagas.entry_writes valid_base
INSERT INTO sagas.entry_writes (owner, path, token, correlation_id, base_sequence) VALUES ('u', '_.l', 't', 'c', -1);
