ALTER TABLE agents.checkpoints
  DROP COLUMN parent_checkpoint_id,
  DROP COLUMN dead_letter_count;
