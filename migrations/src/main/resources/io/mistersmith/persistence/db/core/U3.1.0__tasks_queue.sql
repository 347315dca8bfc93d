DROP TABLE tasks.queue;
DROP FUNCTION tasks.stamp_times();
