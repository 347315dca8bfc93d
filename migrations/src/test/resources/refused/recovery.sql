-- refused: recovery.test_results test_results_pkey
INSERT INTO recovery.test_results (test_id, test_type, backup_timestamp) VALUES ('eeeeeeee-0000-4000-8000-000000000001', 'pitr', now());
-- refused: recovery.test_results valid_test_type
INSERT INTO recovery.test_results (test_type, backup_timestamp) VALUES ('hope', now());
-- refused: recovery.test_results valid_test_status
INSERT INTO recovery.test_results (test_type, backup_timestamp, test_status) VALUES ('pitr', now(), 'maybe');
-- refused: recovery.test_results valid_test_times
INSERT INTO recovery.test_results (test_type, backup_timestamp, test_completed_at) VALUES ('pitr', now(), now() - INTERVAL '1 s');
-- refused: recovery.backups backups_pkey
INSERT INTO recovery.backups (backup_id, kind, started_at, completed_at, bytes) VALUES ('b', 'daily', now(), now(), 1), ('b', 'daily', now(), now(), 1);
-- refused: recovery.backups valid_backup_kind
INSERT INTO recovery.backups (backup_id, kind, started_at, completed_at, bytes) VALUES ('b', 'hourly', now(), now(), 1);
-- refused: recovery.backups valid_backup_times
INSERT INTO recovery.backups (backup_id, kind, started_at, completed_at, bytes) VALUES ('b', 'daily', now(), now() - INTERVAL '1 s', 1);
-- refused: recovery.backups valid_backup_bytes
INSERT INTO recovery.backups (backup_id, kind, started_at, completed_at, bytes) VALUES ('b', 'daily', now(), now(), -1);
-- refused: recovery.schedule schedule_pkey
INSERT INTO recovery.schedule (what, allowed_age) VALUES ('drill', '1 day');
-- refused: recovery.schedule valid_schedule_of
INSERT INTO recovery.schedule (what, allowed_age) VALUES ('prayer', '1 day');
-- refused: recovery.schedule valid_allowed_age
UPDATE recovery.schedule SET allowed_age = '0';
