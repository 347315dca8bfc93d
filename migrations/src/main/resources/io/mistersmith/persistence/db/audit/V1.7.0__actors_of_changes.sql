-- kind: schema
-- depends-on: 1.6.0, core 17.0.0
-- The actor of each change and the id of the request that it belongs to, as the application named
-- them. A change of agents.state has those of the entry, whichever process flushed it; every other
-- change has those of its transaction, which sets persistence.actor and persistence.correlation_id.
--
-- They are the application's word: changed_by is the login, which no writer can choose.

ALTER TABLE audit.change_log
  ADD COLUMN actor TEXT,
  ADD COLUMN correlation_id TEXT;

-- Apart from ADD COLUMN, so that earlier rows have none.
ALTER TABLE audit.change_log
  ALTER COLUMN actor SET DEFAULT nullif(current_setting('persistence.actor', TRUE), ''),
  ALTER COLUMN correlation_id
    SET DEFAULT nullif(current_setting('persistence.correlation_id', TRUE), '');
