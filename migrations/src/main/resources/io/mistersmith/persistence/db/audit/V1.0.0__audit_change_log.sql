-- kind: schema
-- depends-on: core 1.2.0
-- The audit log: one row for each change of an audited table.
--
-- A change that cannot be logged does not happen: the log is written in the change's own
-- transaction. The default partition gives every row a home, whatever maintenance is behind with.
-- Nobody but the log's owner can write it, and no role is granted anything here.
--
-- row_data is the key of the row (all of it where the table has no primary key). An insert has
-- new_data, a delete old_data, and an update changed_fields: {"column": {"old": …, "new": …}} for
-- the columns that changed and no others. old_data and new_data of an update stay empty, so that
-- large documents are not kept twice.

CREATE SCHEMA IF NOT EXISTS audit;

CREATE TABLE audit.change_log (
  change_id UUID NOT NULL DEFAULT gen_random_uuid(),
  table_schema TEXT NOT NULL,
  table_name TEXT NOT NULL,
  operation TEXT NOT NULL,
  -- The role that logged in. SET ROLE does not change it.
  changed_by TEXT NOT NULL DEFAULT session_user,
  -- The role that was set with SET ROLE, if any.
  effective_role TEXT,
  changed_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  transaction_id BIGINT NOT NULL DEFAULT txid_current(),
  client_addr INET,
  application_name TEXT,
  row_data JSONB,
  changed_fields JSONB,
  old_data JSONB,
  new_data JSONB,
  CONSTRAINT change_log_pkey PRIMARY KEY (change_id, changed_at),
  CONSTRAINT valid_operation CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'))
) PARTITION BY RANGE (changed_at);

CREATE TABLE audit.change_log_default PARTITION OF audit.change_log DEFAULT;

CREATE INDEX idx_audit_change_log_table
  ON audit.change_log (table_schema, table_name, changed_at);

CREATE INDEX idx_audit_change_log_user ON audit.change_log (changed_by, changed_at);

CREATE INDEX idx_audit_change_log_operation ON audit.change_log (operation, changed_at);

-- Columns that never reach the log in clear. A rule is about one table or all, one column or all.
--
-- key_name masks the value of each JSON key, at any depth, and of each column whose name ends with
-- it; case and the separators - _ . and space do not count: api_key covers "OPENAI-API-KEY" and
-- "apiKey". Without key_name the column is masked as a whole; if named_by names another column of
-- the row, then only where that column's value is a name that a rule covers.
CREATE TABLE audit.redactions (
  redaction_id UUID NOT NULL DEFAULT gen_random_uuid(),
  table_schema TEXT,
  table_name TEXT,
  column_name TEXT,
  key_name TEXT,
  named_by TEXT,
  key_pattern TEXT GENERATED ALWAYS AS (
    regexp_replace(lower(key_name), '[-_. ]', '[-_. ]?', 'g')
  ) STORED,
  CONSTRAINT redactions_pkey PRIMARY KEY (redaction_id),
  CONSTRAINT redactions_rule_key
    UNIQUE NULLS NOT DISTINCT (table_schema, table_name, column_name, key_name),
  CONSTRAINT valid_table CHECK ((table_schema IS NULL) = (table_name IS NULL)),
  CONSTRAINT valid_rule CHECK (column_name IS NOT NULL OR key_name IS NOT NULL),
  CONSTRAINT valid_named_by
    CHECK (named_by IS NULL OR (column_name IS NOT NULL AND key_name IS NULL)),
  CONSTRAINT valid_key_name CHECK (key_name ~ '^[A-Za-z0-9]+([-_. ][A-Za-z0-9]+)*$')
);

INSERT INTO audit.redactions (key_name)
VALUES
  ('api_key'),
  ('api_keys'),
  ('access_key'),
  ('private_key'),
  ('secret_key'),
  ('signing_key'),
  ('encryption_key'),
  ('secret'),
  ('secrets'),
  ('password'),
  ('passwords'),
  ('password_hash'),
  ('passwd'),
  ('passphrase'),
  ('token'),
  ('auth'),
  ('authorization'),
  ('bearer'),
  ('cookie'),
  ('credential'),
  ('credentials'),
  ('connection_string');

INSERT INTO audit.redactions (table_schema, table_name, column_name, named_by)
VALUES ('agents', 'state', 'state_value', 'state_key');

-- state_document repeats, as text, what state_value holds as jsonb, and the masks by key name work
-- on jsonb alone.
INSERT INTO audit.redactions (table_schema, table_name, column_name)
VALUES ('agents', 'state', 'state_document');

REVOKE ALL ON audit.change_log, audit.change_log_default, audit.redactions FROM PUBLIC;
