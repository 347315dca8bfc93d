DROP FUNCTION tasks.claim_next (UUID, INTEGER, TEXT[]);

DROP FUNCTION tasks.archive_completed (INTERVAL, INTEGER);

DROP TABLE tasks.archive;
