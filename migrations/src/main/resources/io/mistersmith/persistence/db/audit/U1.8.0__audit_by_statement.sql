DROP FUNCTION audit.log_statement();

DROP FUNCTION audit.masked(audit.table_rules, JSONB, JSONB);

DROP FUNCTION audit.rules_of(TEXT, TEXT);

DROP TYPE audit.table_rules;
