-- kind: index
-- lint: allow index-not-concurrent — on a partitioned table an index cannot be built concurrently
-- Indexes to find changes by agent or task, by actor and by request, in the order of their times.
--
-- Nobody writes audited tables while they are built. The flush waits, and its entries stay in KV. A
-- long log is purged first.

CREATE INDEX idx_audit_change_log_subject
  ON audit.change_log (coalesce(row_data ->> 'agent_id', row_data ->> 'task_id'), changed_at)
  WHERE coalesce(row_data ->> 'agent_id', row_data ->> 'task_id') IS NOT NULL;

CREATE INDEX idx_audit_change_log_actor ON audit.change_log (actor, changed_at)
  WHERE actor IS NOT NULL;

CREATE INDEX idx_audit_change_log_correlation ON audit.change_log (correlation_id, changed_at)
  WHERE correlation_id IS NOT NULL;
