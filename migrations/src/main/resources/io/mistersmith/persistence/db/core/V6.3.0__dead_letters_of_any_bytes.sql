-- kind: schema
-- depends-on: 6.0.0

-- A dead letter can hold whatever a message can. Subjects hold characters that text cannot, such as
-- NUL: subject_escaped says that subject has them as \uXXXX, and each backslash doubled. headers is
-- the header block of a message that could not be read, as it was published; null for all others.

ALTER TABLE agents.dead_letters
  ADD COLUMN subject_escaped BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN headers BYTEA;
