-- kind: schema
-- depends-on: core 11.3.0
-- The outbox: one row for each change of agents.state and tasks.queue, written in the transaction that
-- makes the change. A reader takes the rows that were committed between two snapshots.
--
-- No row is updated, and none is deleted by itself. Each table has four segments. events.rotate
-- truncates a segment once everything in it is done. So no dead rows pile up, even while an old
-- snapshot keeps VACUUM from removing rows. Rows of transactions that fail are removed in the same way.
--
-- The id of a change is taken while its row is locked: two changes of one key have ids in the order of
-- their commits. Rows with other ids become visible in any order, so no reader may go by the id alone.

CREATE SCHEMA events;

CREATE TYPE events.change_kind AS ENUM (
  'state_insert',
  'state_update',
  'state_delete',
  'state_truncate',
  'task_created',
  'task_started',
  'task_completed',
  'task_failed',
  'task_cancelled',
  'task_updated',
  'task_deleted',
  'task_truncate'
);

CREATE SEQUENCE events.event_ids;

-- The last two bits of its last value say which segment is written to. It is a sequence because all
-- sessions see a change at once, and a change leaves no dead row.
CREATE SEQUENCE events.segments MINVALUE 0 START 0;

-- xid: the transaction. Its visibility in the snapshots of the ticks says which batch has the row.
-- subject_id: the agent or the task.
-- old_document, new_document: the document as it was saved, where the value would not give it back.
-- payload: of tasks and truncations. That of state is made of the other columns when it is read, so
-- that the transaction that writes copies the values and converts nothing.
CREATE TABLE events.outbox (
  event_id BIGINT NOT NULL DEFAULT nextval('events.event_ids'),
  segment SMALLINT NOT NULL,
  xid XID8 NOT NULL,
  at TIMESTAMPTZ NOT NULL,
  kind events.change_kind NOT NULL,
  subject_id UUID,
  tenant_id UUID,
  epoch BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 0,
  owner TEXT,
  state_key TEXT COLLATE "C",
  old_value JSONB,
  old_document TEXT,
  new_value JSONB,
  new_document TEXT,
  payload TEXT,
  CONSTRAINT outbox_pkey PRIMARY KEY (event_id, segment)
) PARTITION BY LIST (segment);

CREATE TABLE events.outbox_0 PARTITION OF events.outbox FOR VALUES IN (0)
  WITH (autovacuum_enabled = FALSE, toast.autovacuum_enabled = FALSE);

CREATE TABLE events.outbox_1 PARTITION OF events.outbox FOR VALUES IN (1)
  WITH (autovacuum_enabled = FALSE, toast.autovacuum_enabled = FALSE);

CREATE TABLE events.outbox_2 PARTITION OF events.outbox FOR VALUES IN (2)
  WITH (autovacuum_enabled = FALSE, toast.autovacuum_enabled = FALSE);

CREATE TABLE events.outbox_3 PARTITION OF events.outbox FOR VALUES IN (3)
  WITH (autovacuum_enabled = FALSE, toast.autovacuum_enabled = FALSE);

-- The ends of batches. A change is in the batch of the first tick whose snapshot shows its transaction.
-- xid: the transaction that made the tick. It took the snapshot first and got its xid after that.
-- before_id: the last id, read before the snapshot. Transactions with a later xid than the tick's have
-- ids above it.
-- low_id: transactions that are open in the snapshot have ids above it.
-- first_id, last_id: the ids of the batch are above the first, and up to the last.
-- server: where the xids were counted. After a dump was restored on another server they say nothing.
CREATE TABLE events.ticks (
  tick BIGINT NOT NULL,
  segment SMALLINT NOT NULL,
  xid XID8 NOT NULL,
  snapshot PG_SNAPSHOT NOT NULL,
  before_id BIGINT NOT NULL,
  low_id BIGINT NOT NULL,
  first_id BIGINT NOT NULL,
  last_id BIGINT NOT NULL,
  server BIGINT,
  at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT ticks_pkey PRIMARY KEY (tick, segment)
) PARTITION BY LIST (segment);

CREATE TABLE events.ticks_0 PARTITION OF events.ticks FOR VALUES IN (0)
  WITH (autovacuum_enabled = FALSE);

CREATE TABLE events.ticks_1 PARTITION OF events.ticks FOR VALUES IN (1)
  WITH (autovacuum_enabled = FALSE);

CREATE TABLE events.ticks_2 PARTITION OF events.ticks FOR VALUES IN (2)
  WITH (autovacuum_enabled = FALSE);

CREATE TABLE events.ticks_3 PARTITION OF events.ticks FOR VALUES IN (3)
  WITH (autovacuum_enabled = FALSE);

CREATE INDEX idx_events_ticks_xid ON events.ticks (xid);

-- The batches that are done. The last one is the position.
-- sequences: for each stream, the last sequence that was published.
CREATE TABLE events.positions (
  tick BIGINT NOT NULL,
  segment SMALLINT NOT NULL,
  sequences JSONB NOT NULL DEFAULT '{}',
  at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT positions_pkey PRIMARY KEY (tick, segment)
) PARTITION BY LIST (segment);

CREATE TABLE events.positions_0 PARTITION OF events.positions FOR VALUES IN (0)
  WITH (autovacuum_enabled = FALSE);

CREATE TABLE events.positions_1 PARTITION OF events.positions FOR VALUES IN (1)
  WITH (autovacuum_enabled = FALSE);

CREATE TABLE events.positions_2 PARTITION OF events.positions FOR VALUES IN (2)
  WITH (autovacuum_enabled = FALSE);

CREATE TABLE events.positions_3 PARTITION OF events.positions FOR VALUES IN (3)
  WITH (autovacuum_enabled = FALSE);

-- Tells servers apart; NULL where the owner may not know.
CREATE FUNCTION events.server()
RETURNS BIGINT
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog
AS $$
BEGIN
  RETURN (SELECT system_identifier FROM pg_control_system());
EXCEPTION
  WHEN insufficient_privilege THEN
    RETURN NULL;
END;
$$;

-- No transaction is visible in the snapshot of the first tick.
INSERT INTO events.ticks
       (tick, segment, xid, snapshot, before_id, low_id, first_id, last_id, server)
VALUES (0, 0, '1', '1:1:', 0, 0, 0, 0, events.server());

INSERT INTO events.positions (tick, segment) VALUES (0, 0);
