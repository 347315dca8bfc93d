-- kind: schema
-- depends-on: 7.0.0
-- Who receives a message, and what each recipient did with it.
--
-- An append writes one row for each recipient, in the transaction of the message. A message in a
-- queue has one row that names the channel and no agent; taken_by is the subscriber that received it
-- last. A row is open until processed_at; open rows are what an agent receives, the highest priority
-- first, then in the order of delivery_id. A delivery counts up delivery_attempts and leases the row
-- until leased_until; an acknowledgement names the attempt, so that one that comes late is refused.
--
-- messages.log has the marks of the message as a whole: delivered_at of its first delivery, the
-- most delivery_attempts of a recipient, and processed_at once pending_deliveries is 0.
--
-- There is no foreign key to messages.log, whose old partitions are dropped. The runtime deletes
-- rows of messages that are gone, and open rows that expired.

-- Whether a subscription's pattern selects a subject: words with dots between them; * stands for one
-- word, > at the end for one or more. Without a pattern every message is selected.
CREATE FUNCTION messages.subject_matches(p_pattern TEXT, p_subject TEXT)
RETURNS BOOLEAN
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
  WHEN p_pattern IS NULL THEN TRUE
  WHEN p_subject IS NULL THEN FALSE
  ELSE (
    SELECT (
        cardinality(w.words) = w.wanted
        OR (cardinality(w.words) > w.wanted AND w.pattern[w.wanted] = '>')
      )
      AND NOT EXISTS (
        SELECT
          FROM unnest(w.pattern, w.words[1:w.wanted]) WITH ORDINALITY AS u (pattern, word, at)
         WHERE u.pattern IS DISTINCT FROM u.word
           AND u.pattern <> '*'
           AND NOT (u.pattern = '>' AND u.at = w.wanted)
      )
      FROM (
        SELECT
          string_to_array(p_pattern, '.') AS pattern,
          string_to_array(p_subject, '.') AS words,
          cardinality(string_to_array(p_pattern, '.')) AS wanted
      ) AS w
  )
END;

ALTER TABLE messages.log ADD COLUMN pending_deliveries INTEGER NOT NULL DEFAULT 0;

CREATE TABLE messages.deliveries (
  delivery_id BIGINT GENERATED ALWAYS AS IDENTITY,
  message_id messages.message_id_type NOT NULL,
  sent_at TIMESTAMPTZ NOT NULL,
  agent_id agents.agent_id_type,
  channel_id UUID,
  -- Of a message in a queue, for the subscriptions.
  subject VARCHAR(255),
  headers JSONB,
  taken_by agents.agent_id_type,
  priority INTEGER NOT NULL,
  expires_at TIMESTAMPTZ,
  delivery_attempts INTEGER NOT NULL DEFAULT 0,
  delivered_at TIMESTAMPTZ,
  leased_until TIMESTAMPTZ,
  processed_at TIMESTAMPTZ,
  CONSTRAINT deliveries_pkey PRIMARY KEY (delivery_id),
  CONSTRAINT deliveries_message_id_sent_at_agent_id_key
    UNIQUE NULLS NOT DISTINCT (message_id, sent_at, agent_id),
  CONSTRAINT deliveries_agent_id_fkey
    FOREIGN KEY (agent_id) REFERENCES agents.registry (agent_id) ON DELETE CASCADE,
  CONSTRAINT deliveries_channel_id_fkey
    FOREIGN KEY (channel_id) REFERENCES messages.channels (channel_id) ON DELETE CASCADE,
  CONSTRAINT agent_or_queue CHECK (num_nonnulls(agent_id, channel_id) = 1)
) WITH (
  fillfactor = 80,
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_analyze_scale_factor = 0.05,
  autovacuum_vacuum_cost_limit = 1000
);

CREATE INDEX idx_messages_deliveries_of_agent
  ON messages.deliveries (agent_id, priority DESC, delivery_id)
  WHERE processed_at IS NULL AND agent_id IS NOT NULL;

CREATE INDEX idx_messages_deliveries_of_queue
  ON messages.deliveries (channel_id, priority DESC, delivery_id)
  WHERE processed_at IS NULL AND channel_id IS NOT NULL;

CREATE INDEX idx_messages_deliveries_expiring ON messages.deliveries (expires_at)
  WHERE processed_at IS NULL AND expires_at IS NOT NULL;

-- For the foreign keys, and by age.
CREATE INDEX idx_messages_deliveries_agent_sent ON messages.deliveries (agent_id, sent_at);

CREATE INDEX idx_messages_deliveries_channel ON messages.deliveries (channel_id)
  WHERE channel_id IS NOT NULL;

CREATE INDEX idx_messages_deliveries_sent ON messages.deliveries USING brin (sent_at);

-- A recipient that is deleted, or whose copy expired, is not waited for: if it was the last one, the
-- message was processed when the last of the others did so. The messages are locked first, in the
-- order of their ids, as by those that deliver them; what these did meanwhile is seen after that.
-- With its owner's rights: who deletes agents may have none on messages.
CREATE FUNCTION messages.release_messages()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM gone WHERE processed_at IS NULL) THEN
    RETURN NULL;
  END IF;
  PERFORM
    FROM messages.log AS l
   WHERE (l.message_id, l.sent_at) IN (
           SELECT message_id, sent_at FROM gone WHERE processed_at IS NULL
         )
   ORDER BY l.message_id
     FOR NO KEY UPDATE;
  UPDATE messages.log AS l
     SET pending_deliveries = greatest(l.pending_deliveries - g.deliveries, 0),
         processed_at =
           CASE
             WHEN l.pending_deliveries > g.deliveries THEN l.processed_at
             ELSE (
               SELECT max(d.processed_at)
                 FROM messages.deliveries AS d
                WHERE d.message_id = l.message_id AND d.sent_at = l.sent_at
             )
           END
    FROM (
      SELECT message_id, sent_at, count(*)::INTEGER AS deliveries
        FROM gone
       WHERE processed_at IS NULL
       GROUP BY message_id, sent_at
    ) AS g
   WHERE l.message_id = g.message_id AND l.sent_at = g.sent_at;
  RETURN NULL;
END;
$$;

-- Locks what the deletion of an agent is going to change in the order in which its receivers lock it:
-- deliveries, then messages. The foreign keys would begin with the messages, and deadlock with them.
CREATE FUNCTION messages.lock_messages_of_agent()
RETURNS TRIGGER
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM
    FROM messages.deliveries AS d
   WHERE d.agent_id = OLD.agent_id
   ORDER BY d.delivery_id
     FOR UPDATE;
  IF FOUND THEN
    PERFORM
      FROM messages.log AS l
     WHERE l.from_agent_id = OLD.agent_id
        OR l.to_agent_id = OLD.agent_id
        OR (l.message_id, l.sent_at) IN (
             SELECT d.message_id, d.sent_at
               FROM messages.deliveries AS d
              WHERE d.agent_id = OLD.agent_id AND d.processed_at IS NULL
           )
     ORDER BY l.message_id
       FOR NO KEY UPDATE;
  END IF;
  RETURN OLD;
END;
$$;

CREATE TRIGGER lock_messages
  BEFORE DELETE ON agents.registry
  FOR EACH ROW
  EXECUTE FUNCTION messages.lock_messages_of_agent();

CREATE TRIGGER release_messages
  AFTER DELETE ON messages.deliveries
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT
  EXECUTE FUNCTION messages.release_messages();
