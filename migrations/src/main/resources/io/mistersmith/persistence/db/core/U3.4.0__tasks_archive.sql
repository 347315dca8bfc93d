DROP FUNCTION tasks.archive_completed(INTERVAL, INTEGER);
DROP TABLE tasks.archive;
