DROP TABLE tasks.executions;

DROP FUNCTION tasks.refuse_repeated_attempt ();
