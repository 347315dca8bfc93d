DROP TABLE audit.redactions;
DROP TABLE audit.change_log;
DROP SCHEMA audit;
