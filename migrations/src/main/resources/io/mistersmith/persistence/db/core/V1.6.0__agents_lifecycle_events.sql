-- Lifecycle events of agents, by time.
--
-- The key must hold the partition's column too, so event_id alone is not unique. A writer that
-- repeats an event passes the event's own time, never a new one, and the row is refused.

CREATE TABLE agents.lifecycle_events (
  event_id UUID NOT NULL DEFAULT gen_random_uuid(),
  agent_id agents.agent_id_type NOT NULL,
  event_type VARCHAR(50) NOT NULL,
  -- Both null for an event that changes no status.
  previous_status agents.agent_status_type,
  new_status agents.agent_status_type,
  event_data JSONB NOT NULL DEFAULT '{}',
  triggered_by agents.agent_id_type,
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  CONSTRAINT lifecycle_events_pkey PRIMARY KEY (event_id, created_at),
  CONSTRAINT lifecycle_events_agent_id_fkey
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  CONSTRAINT lifecycle_events_triggered_by_fkey
    FOREIGN KEY (triggered_by) REFERENCES agents.registry (agent_id) ON DELETE SET NULL,
  CONSTRAINT valid_event_type CHECK (length(event_type) > 0),
  CONSTRAINT status_change CHECK (
    (previous_status IS NULL AND new_status IS NULL)
    OR previous_status IS DISTINCT FROM new_status
  )
) PARTITION BY RANGE (created_at);

-- Takes what no other partition covers.
CREATE TABLE agents.lifecycle_events_default PARTITION OF agents.lifecycle_events DEFAULT;

CREATE INDEX idx_agents_lifecycle_agent_created ON agents.lifecycle_events (agent_id, created_at);

CREATE INDEX idx_agents_lifecycle_event_type ON agents.lifecycle_events (event_type, created_at);

CREATE INDEX idx_agents_lifecycle_status_change ON agents.lifecycle_events
  (new_status, created_at);

-- For the deletion of an agent, which looks for the events that it triggered.
CREATE INDEX idx_agents_lifecycle_triggered_by ON agents.lifecycle_events (triggered_by)
  WHERE triggered_by IS NOT NULL;
