ALTER TABLE agents.dead_letters
  DROP COLUMN subject_escaped,
  DROP COLUMN headers;
