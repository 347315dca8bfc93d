DROP FUNCTION audit.log_statement();
