DROP FUNCTION agents.join_table(REGCLASS);
DROP FUNCTION agents.isolate_table(REGCLASS, TEXT[]);
DROP FUNCTION agents.rewrite_foreign_keys(REGCLASS, BOOLEAN);
DROP FUNCTION agents.take_tenant();
