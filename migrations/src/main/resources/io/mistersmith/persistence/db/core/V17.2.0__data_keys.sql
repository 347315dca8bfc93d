-- kind: schema
-- depends-on: 16.1.0
-- The data keys that encrypt entries, each wrapped by a master key that is kept elsewhere. A key that
-- is destroyed has no wrapped key any more. Its row stays, and says so.

CREATE TABLE agents.data_keys (
  key_id UUID NOT NULL,
  subject TEXT NOT NULL,
  master_key TEXT NOT NULL,
  wrapped_key BYTEA,
  created_at TIMESTAMPTZ NOT NULL,
  destroyed_at TIMESTAMPTZ,
  CONSTRAINT data_keys_pkey PRIMARY KEY (key_id),
  CONSTRAINT valid_subject CHECK (char_length(subject) BETWEEN 1 AND 600),
  CONSTRAINT valid_master_key CHECK (char_length(master_key) BETWEEN 1 AND 200),
  CONSTRAINT valid_wrapped_key CHECK (octet_length(wrapped_key) BETWEEN 1 AND 10000),
  CONSTRAINT destroyed_has_no_key CHECK ((wrapped_key IS NULL) = (destroyed_at IS NOT NULL))
);

CREATE INDEX idx_agents_data_keys_newest ON agents.data_keys (subject, created_at DESC)
  WHERE wrapped_key IS NOT NULL;
