ALTER TABLE audit.change_log
  DROP COLUMN actor,
  DROP COLUMN correlation_id;
