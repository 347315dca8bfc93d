-- kind: schema
-- depends-on: 1.1.0
-- Agents that are forgotten: a row for each, which has none of their data. A runtime goes on with a row
-- that has no ended_at and that nobody has worked on for a while (worked_at).
--
-- Some minutes after ended_at a runtime looks once more for what a late flush or publication brought,
-- and sets checked_at. Until then owner is the name of an owner outside the registry, and task_ids are
-- the tasks that were removed, whose changes are looked for.
--
-- removed: for each place how many rows or messages were removed.

CREATE TABLE agents.forgotten (
  agent_id UUID NOT NULL,
  owner TEXT,
  begun_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  worked_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  ended_at TIMESTAMPTZ,
  checked_at TIMESTAMPTZ,
  removed JSONB NOT NULL DEFAULT '{}',
  task_ids UUID[] NOT NULL DEFAULT '{}',
  CONSTRAINT forgotten_pkey PRIMARY KEY (agent_id),
  CONSTRAINT valid_removed CHECK (jsonb_typeof(removed) = 'object'),
  CONSTRAINT checked_after_end CHECK (checked_at IS NULL OR ended_at IS NOT NULL)
);

CREATE INDEX idx_agents_forgotten_open ON agents.forgotten (worked_at) WHERE checked_at IS NULL;
