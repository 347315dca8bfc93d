DROP FUNCTION audit.log_changes();
DROP FUNCTION audit.redact_row(TEXT, TEXT, JSONB);
DROP FUNCTION audit.redact(JSONB, TEXT);
