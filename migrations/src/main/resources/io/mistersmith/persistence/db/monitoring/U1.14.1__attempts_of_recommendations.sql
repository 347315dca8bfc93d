DROP FUNCTION monitoring.note_index_attempt(UUID, TEXT, TEXT);

DROP FUNCTION monitoring.pending_index_recommendations();

ALTER TABLE monitoring.index_recommendations
  DROP COLUMN failure,
  DROP COLUMN attempted_at;
