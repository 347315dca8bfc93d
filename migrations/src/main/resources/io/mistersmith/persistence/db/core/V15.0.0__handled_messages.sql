-- kind: schema
-- depends-on: 4.0.0
-- Messages of streams that consumers have handled. A handler notes the message in the transaction of
-- its work, so that the work of a message that is delivered twice takes effect once: of two
-- transactions that note the same message the second waits for the first, and then notes nothing. The
-- runtime deletes rows after seven days.

CREATE TABLE messages.handled (
  consumer TEXT NOT NULL,
  message_id TEXT NOT NULL,
  handled_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT handled_pkey PRIMARY KEY (consumer, message_id),
  CONSTRAINT valid_consumer CHECK (char_length(consumer) BETWEEN 1 AND 255),
  CONSTRAINT valid_message_id CHECK (char_length(message_id) BETWEEN 1 AND 255)
);

CREATE INDEX idx_messages_handled_handled ON messages.handled USING brin (handled_at);
