-- Acknowledged entries that PostgreSQL refused, each with its exact bytes and the reason. They
-- refer to no other table: an unknown agent is one of the reasons.

CREATE TABLE agents.dead_letters (
  dead_letter_id UUID NOT NULL DEFAULT gen_random_uuid(),
  bucket VARCHAR(255) NOT NULL,
  subject TEXT NOT NULL,
  -- Subjects hold characters that text cannot, such as NUL. True where subject has them as \uXXXX,
  -- and each backslash doubled.
  subject_escaped BOOLEAN NOT NULL DEFAULT FALSE,
  -- Null where the subject could not be decoded; text, since an agent's id may be no UUID.
  agent TEXT,
  state_key TEXT,
  epoch BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  operation VARCHAR(10) NOT NULL,
  value BYTEA,
  -- The header block of a message that could not be read, as it was published; null for all others.
  headers BYTEA,
  reason_code VARCHAR(40) NOT NULL,
  sql_state VARCHAR(5),
  constraint_name TEXT,
  reason TEXT NOT NULL,
  written_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  -- As in agents.state, so that a replayed entry has seen what it had seen when it was written.
  hybrid_time VARCHAR(160),
  vector_clock TEXT,
  created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  status VARCHAR(12) NOT NULL DEFAULT 'open',
  resolved_at TIMESTAMPTZ,
  CONSTRAINT dead_letters_pkey PRIMARY KEY (dead_letter_id),
  CONSTRAINT dead_letters_revision_key UNIQUE (bucket, epoch, sequence),
  CONSTRAINT valid_operation CHECK (operation IN ('put', 'delete')),
  CONSTRAINT valid_status CHECK (status IN ('open', 'superseded', 'replayed'))
);

CREATE INDEX idx_agents_dead_letters_open ON agents.dead_letters (bucket, created_at)
  WHERE status = 'open';

CREATE INDEX idx_agents_dead_letters_key ON agents.dead_letters (agent, state_key)
  WHERE status = 'open';

-- A hash index: a subject may be longer than a B-tree entry.
CREATE INDEX idx_agents_dead_letters_subject ON agents.dead_letters USING hash (subject)
  WHERE status = 'open';
