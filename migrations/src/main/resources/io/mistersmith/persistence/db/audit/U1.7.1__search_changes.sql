DROP INDEX audit.idx_audit_change_log_correlation;

DROP INDEX audit.idx_audit_change_log_actor;

DROP INDEX audit.idx_audit_change_log_subject;
