-- kind: schema
-- depends-on: 1.6.0
-- lint: allow index-not-concurrent — nothing has written checkpoints before this version
-- lint: allow constraint-not-valid — nothing has written checkpoints before this version

-- Checkpoints that hold only what has changed since another one of their agent, their parent, which
-- cannot be removed while they need it; and how many of the agent's entries a checkpoint lacks
-- because they are dead letters.
--
-- state_snapshot is {"format": 1, "entries": {KEY: ENTRY, …}}. An ENTRY is an object of
--   value            the value
--   epoch, sequence  the revision of its write
--   written_at       when that was
--   expires_at       when it ends; absent where it does not
--   hybrid_time, vector_clock   where it comes from, as in agents.state; absent where unknown
-- or null for a key that the parent had and that is gone. What a key is not named by, its parent says.

ALTER TABLE agents.checkpoints
  ADD COLUMN parent_checkpoint_id UUID,
  ADD COLUMN dead_letter_count INTEGER NOT NULL DEFAULT 0;

ALTER TABLE agents.checkpoints
  ADD CONSTRAINT checkpoints_parent_checkpoint_id_fkey
    FOREIGN KEY (parent_checkpoint_id) REFERENCES agents.checkpoints (checkpoint_id),
  ADD CONSTRAINT valid_checkpoint_parent CHECK (parent_checkpoint_id <> checkpoint_id),
  ADD CONSTRAINT valid_dead_letter_count CHECK (dead_letter_count >= 0);

CREATE INDEX idx_agents_checkpoints_parent ON agents.checkpoints (parent_checkpoint_id)
  WHERE parent_checkpoint_id IS NOT NULL;
