DROP FUNCTION audit.masked_fields(audit.table_rules, JSONB, JSONB, JSONB);

DROP FUNCTION audit.masked(audit.table_rules, JSONB);

DROP FUNCTION audit.may_have_secrets(audit.table_rules, TEXT);

DROP FUNCTION audit.rules_of(TEXT, TEXT, TEXT[]);

DROP TYPE audit.table_rules;
