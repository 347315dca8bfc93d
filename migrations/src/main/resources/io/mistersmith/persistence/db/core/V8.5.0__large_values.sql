-- kind: schema
-- depends-on: 8.0.0
-- Values larger than a message of NATS: their bytes, in chunks. Only the flush writes them.
--
-- An entry of the type _large in agents.state describes a value, as
--   {"bytes": SIZE, "chunks": NUMBER, "sha256": HEX, "content": ID}
-- and names its content by the id. Every write has a content of its own, which never changes. The
-- chunks of a content are committed before, or with, the entry that names it.
--
-- agents.large_value_names has a row for each entry that ever named the content; whether it still
-- does, agents.state says. A content that neither an entry nor a checkpoint nor an open dead letter
-- names is removed: unnamed_since is when that was first seen, checked_at when it was last looked
-- at. Nothing refers to the registry: an agent's checkpoint, restored as another agent, shares the
-- content.

CREATE TABLE agents.large_values (
  content UUID NOT NULL,
  -- When the last chunk was written, by the clock of NATS.
  written_at TIMESTAMPTZ NOT NULL,
  checked_at TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
  unnamed_since TIMESTAMPTZ,
  CONSTRAINT large_values_pkey PRIMARY KEY (content)
);

CREATE INDEX idx_agents_large_values_checked ON agents.large_values (checked_at)
  WHERE unnamed_since IS NULL;

CREATE INDEX idx_agents_large_values_unnamed ON agents.large_values (unnamed_since)
  WHERE unnamed_since IS NOT NULL;

CREATE TABLE agents.value_chunks (
  content UUID NOT NULL,
  number INTEGER NOT NULL,
  bytes BYTEA NOT NULL,
  CONSTRAINT value_chunks_pkey PRIMARY KEY (content, number),
  CONSTRAINT value_chunks_content_fkey
    FOREIGN KEY (content) REFERENCES agents.large_values (content) ON DELETE CASCADE,
  CONSTRAINT valid_chunk CHECK (number >= 0 AND octet_length(bytes) > 0)
);

-- Artefacts are mostly compressed already; the attempt costs the flush more than the write.
ALTER TABLE agents.value_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE agents.large_value_names (
  content UUID NOT NULL,
  agent_id UUID NOT NULL,
  state_key VARCHAR(320) COLLATE "C" NOT NULL,
  -- Refuses an entry whose content lacks chunks, as a constraint of the server, not of a function:
  -- the flush distinguishes them when it decides whether a row is at fault.
  is_complete BOOLEAN NOT NULL,
  CONSTRAINT large_value_is_complete CHECK (is_complete),
  CONSTRAINT large_value_names_pkey PRIMARY KEY (content, agent_id, state_key),
  CONSTRAINT large_value_names_content_fkey
    FOREIGN KEY (content) REFERENCES agents.large_values (content) ON DELETE CASCADE
);

-- Notes that an entry names a content, if the entry is what agents.state has under the revision.
-- Refuses an entry whose content is not complete. Locks the content, so that it is not removed
-- meanwhile.
CREATE FUNCTION agents.name_large_value(
  p_agent_id UUID,
  p_state_key TEXT,
  p_epoch BIGINT,
  p_version BIGINT,
  p_content UUID,
  p_chunks INTEGER,
  p_bytes BIGINT
)
RETURNS BOOLEAN
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
DECLARE
  v_chunks BIGINT;
  v_bytes BIGINT;
BEGIN
  IF NOT EXISTS (
    SELECT FROM agents.state AS s
     WHERE s.agent_id = p_agent_id
       AND s.state_key = p_state_key
       AND s.epoch = p_epoch
       AND s.version = p_version
       AND s.deleted_at IS NULL
  ) THEN
    RETURN FALSE;
  END IF;
  UPDATE agents.large_values SET unnamed_since = NULL WHERE content = p_content;
  SELECT count(*), coalesce(sum(octet_length(c.bytes)), 0) INTO v_chunks, v_bytes
    FROM agents.value_chunks AS c
   WHERE c.content = p_content;
  IF p_chunks > 0 THEN
    INSERT INTO agents.large_value_names (content, agent_id, state_key, is_complete)
    VALUES (p_content, p_agent_id, p_state_key, v_chunks = p_chunks AND v_bytes = p_bytes)
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN TRUE;
END;
$$;

-- Whether a live entry, a checkpoint or an open dead letter names the content.
CREATE FUNCTION agents.is_large_value_named(p_content UUID)
RETURNS BOOLEAN
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT EXISTS (
           SELECT FROM agents.large_value_names AS n
             JOIN agents.state AS s ON s.agent_id = n.agent_id AND s.state_key = n.state_key
            WHERE n.content = p_content
              AND s.deleted_at IS NULL
              AND (s.expires_at IS NULL OR s.expires_at > now())
              AND s.state_value ->> 'content' = p_content::text)
      OR EXISTS (
           SELECT FROM agents.large_value_names AS n
             JOIN agents.checkpoints AS c ON c.agent_id = n.agent_id
            WHERE n.content = p_content
              AND c.state_snapshot -> 'entries' -> n.state_key::text -> 'value' ->> 'content'
                  = p_content::text)
      OR EXISTS (
           SELECT FROM agents.dead_letters AS d
            WHERE d.status = 'open'
              AND starts_with(d.state_key, '_large.')
              AND position(convert_to(p_content::text, 'UTF8') IN d.value) > 0)
$$;
