DROP TABLE messages.log;
DROP FUNCTION messages.mark_orphans();
