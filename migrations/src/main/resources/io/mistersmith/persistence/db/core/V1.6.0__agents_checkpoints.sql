-- Copies of an agent's whole state, to go back to.

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
  CONSTRAINT valid_checkpoint_size CHECK (entry_count >= 0 AND size_bytes >= 0)
);

CREATE INDEX idx_agents_checkpoints_agent_created ON agents.checkpoints (agent_id, created_at);

CREATE INDEX idx_agents_checkpoints_name ON agents.checkpoints (checkpoint_name)
  WHERE checkpoint_name IS NOT NULL;
