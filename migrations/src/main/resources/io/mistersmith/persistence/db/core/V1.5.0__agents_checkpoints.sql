-- Copies of an agent's state, to restore. A checkpoint holds the whole state, or only what has
-- changed since another one of the same agent, its parent, which cannot be removed before it.
--
-- state_snapshot is {"format": 1, "entries": {KEY: ENTRY, …}}. An ENTRY is an object of
--   value            the value
--   epoch, sequence  the revision of its write
--   written_at       when it was written
--   expires_at       when it expires; absent where it does not
--   hybrid_time, vector_clock   as in agents.state; absent where unknown
-- or null for a key that the parent had and that was deleted. For other keys, the parent counts.

CREATE TABLE agents.checkpoints (
  checkpoint_id UUID NOT NULL DEFAULT gen_random_uuid(),
  agent_id agents.agent_id_type NOT NULL,
  checkpoint_name VARCHAR(255),
  state_snapshot JSONB NOT NULL,
  kv_revision BIGINT,
  trigger_event VARCHAR(100),
  -- How far the bucket's journal was applied when the copy was made.
  journal_epoch BIGINT,
  journal_sequence BIGINT,
  entry_count INTEGER,
  size_bytes BIGINT,
  parent_checkpoint_id UUID,
  -- How many of the agent's entries the checkpoint lacks because they are dead letters.
  dead_letter_count INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT checkpoints_pkey PRIMARY KEY (checkpoint_id),
  CONSTRAINT checkpoints_agent_id_fkey
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  CONSTRAINT valid_checkpoint_name CHECK (checkpoint_name IS NULL OR length(checkpoint_name) > 0),
  CONSTRAINT valid_checkpoint_position CHECK (
    (journal_epoch IS NULL AND journal_sequence IS NULL)
    OR (
      journal_epoch IS NOT NULL
      AND journal_sequence IS NOT NULL
      AND journal_epoch > 0
      AND journal_sequence >= 0
    )
  ),
  CONSTRAINT checkpoints_parent_checkpoint_id_fkey
    FOREIGN KEY (parent_checkpoint_id) REFERENCES agents.checkpoints (checkpoint_id),
  CONSTRAINT valid_checkpoint_size CHECK (entry_count >= 0 AND size_bytes >= 0),
  CONSTRAINT valid_checkpoint_parent CHECK (parent_checkpoint_id <> checkpoint_id),
  CONSTRAINT valid_dead_letter_count CHECK (dead_letter_count >= 0)
);

CREATE INDEX idx_agents_checkpoints_agent_created ON agents.checkpoints (agent_id, created_at);

CREATE INDEX idx_agents_checkpoints_name ON agents.checkpoints (checkpoint_name)
  WHERE checkpoint_name IS NOT NULL;

CREATE INDEX idx_agents_checkpoints_parent ON agents.checkpoints (parent_checkpoint_id)
  WHERE parent_checkpoint_id IS NOT NULL;
