-- lint: allow index-not-concurrent — on a partitioned table an index cannot be built concurrently

DROP INDEX audit.idx_audit_change_log_operation;

DROP INDEX audit.idx_audit_change_log_user;

DROP INDEX audit.idx_audit_change_log_table;

CREATE INDEX idx_audit_change_log_table
  ON audit.change_log (table_schema, table_name, changed_at);

CREATE INDEX idx_audit_change_log_user ON audit.change_log (changed_by, changed_at);

CREATE INDEX idx_audit_change_log_operation ON audit.change_log (operation, changed_at);
