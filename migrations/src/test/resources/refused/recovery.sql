-- refused: recovery.test_results test_results_pkey
INSERT INTO recovery.test_results (test_id, test_type, backup_timestamp) VALUES ('eeeeeeee-0000-4000-8000-000000000001', 'pitr', now());
-- refused: recovery.test_results valid_test_type
INSERT INTO recovery.test_results (test_type, backup_timestamp) VALUES ('hope', now());
-- refused: recovery.test_results valid_test_status
INSERT INTO recovery.test_results (test_type, backup_timestamp, test_status) VALUES ('pitr', now(), 'maybe');
-- refused: recovery.test_results valid_test_times
INSERT INTO recovery.test_results (test_type, backup_timestamp, test_completed_at) VALUES ('pitr', now(), now() - INTERVAL '1 s');
