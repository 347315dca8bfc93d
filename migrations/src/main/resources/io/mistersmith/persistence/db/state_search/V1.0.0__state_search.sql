-- kind: index
-- depends-on: core 1.2.0
-- lint: allow index-not-concurrent — the flush alone writes the table, and waits: writes stay in KV
-- Search of agents.state: by content (state_value @> …) and by words. While the indexes are built,
-- flushes wait, and what is written stays in KV.
--
-- Words are compared in the language of the setting persistence.search_language, as it is in the
-- session that applies the set: a text search configuration, 'simple' where it is not set.
--   ALTER DATABASE agents SET persistence.search_language = 'english'
-- Applying the set fixes the language. To change it, take the set back and apply it again.
--
-- Every flush writes to both indexes, and a flushed row is not a heap-only update any more. With
-- fastupdate a search reads what the flush has put on the pending lists, one after the other, or the
-- server rather reads the table: 750 ms instead of 0.4 ms among 5,000 rows.

DO $$
DECLARE
  v_language TEXT :=
    coalesce(nullif(current_setting('persistence.search_language', TRUE), ''), 'simple');
BEGIN
  -- The name with its schema, whatever the search path of a later session is.
  SELECT format('%I.%I', n.nspname, c.cfgname)
    INTO STRICT v_language
    FROM pg_catalog.pg_ts_config c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace
   WHERE c.oid = v_language::regconfig;

  -- Names the language, and tells that the set is applied.
  EXECUTE format(
    'CREATE FUNCTION agents.state_search_language()
     RETURNS TEXT
     LANGUAGE sql
     IMMUTABLE
     PARALLEL SAFE
     RETURN %L::text',
    v_language);

  -- The words in the strings of a document. A tsvector holds 1 MiB at most, and a document that
  -- exceeded it could not be flushed: those of more than 256 KiB have no words.
  EXECUTE format(
    'CREATE FUNCTION agents.state_words(p_value JSONB)
     RETURNS TSVECTOR
     LANGUAGE sql
     IMMUTABLE
     PARALLEL SAFE
     RETURN CASE WHEN octet_length(p_value::text) <= 262144
                 THEN to_tsvector(%L::regconfig, p_value)
                 ELSE ''''::tsvector END',
    v_language);

  -- What a document must have to be found by all of these words.
  EXECUTE format(
    'CREATE FUNCTION agents.state_words_wanted(p_words TEXT)
     RETURNS TSQUERY
     LANGUAGE sql
     IMMUTABLE
     PARALLEL SAFE
     RETURN plainto_tsquery(%L::regconfig, p_words)',
    v_language);
END;
$$;

CREATE INDEX idx_agents_state_value ON agents.state USING gin (state_value jsonb_path_ops)
  WITH (fastupdate = off);

CREATE INDEX idx_agents_state_words ON agents.state USING gin (agents.state_words(state_value))
  WITH (fastupdate = off);
