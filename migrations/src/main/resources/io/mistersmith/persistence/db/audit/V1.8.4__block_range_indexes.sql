-- kind: index
-- lint: allow index-not-concurrent — on a partitioned table an index cannot be built concurrently
-- lint: allow index-drop-not-concurrent — on a partitioned table an index cannot be dropped concurrently
-- The log grows in the order of time, and has few tables, users and operations: for these three, a
-- summary of each range of blocks finds what a tree finds, and costs its writers next to nothing.

DROP INDEX audit.idx_audit_change_log_table;

DROP INDEX audit.idx_audit_change_log_user;

DROP INDEX audit.idx_audit_change_log_operation;

CREATE INDEX idx_audit_change_log_table
  ON audit.change_log USING brin (changed_at, table_schema, table_name);

CREATE INDEX idx_audit_change_log_user ON audit.change_log USING brin (changed_at, changed_by);

CREATE INDEX idx_audit_change_log_operation
  ON audit.change_log USING brin (changed_at, operation);
