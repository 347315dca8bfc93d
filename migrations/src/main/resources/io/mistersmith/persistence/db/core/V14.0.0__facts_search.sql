-- kind: schema
-- depends-on: 6.1.0
-- lint: allow stored-generated-column — the library wrote no facts before this version
-- lint: allow index-not-concurrent — the library wrote no facts before this version
-- Facts as the library writes and searches them.
--
-- content_hash is the SHA-256, in hexadecimal, of all that the fact was saved with last; a fact that
-- is saved with the same content again is not written. superseded_by is the fact that took its place;
-- it may be deleted since, and so is no foreign key.
--
-- words are the words in the texts of the object, in the language of the setting
-- persistence.search_language as it is in the session that applies this version: a text search
-- configuration, 'simple' where it is not set.
--   ALTER DATABASE agents SET persistence.search_language = 'english'

ALTER TABLE knowledge.facts ADD COLUMN content_hash VARCHAR(64);
ALTER TABLE knowledge.facts ADD COLUMN superseded_by UUID;

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

  -- The words in the strings of an object. A tsvector holds 1 MiB at most: larger objects than
  -- 256 KiB have no words.
  EXECUTE format(
    'CREATE FUNCTION knowledge.fact_words(p_object JSONB)
     RETURNS TSVECTOR
     LANGUAGE sql
     IMMUTABLE
     PARALLEL SAFE
     RETURN CASE WHEN octet_length(p_object::text) <= 262144
                 THEN to_tsvector(%L::regconfig, p_object)
                 ELSE ''''::tsvector END',
    v_language);

  -- What a fact must have to be found by these words: all of them, or any.
  EXECUTE format(
    'CREATE FUNCTION knowledge.fact_words_wanted(p_words TEXT, p_any BOOLEAN)
     RETURNS TSQUERY
     LANGUAGE sql
     IMMUTABLE
     PARALLEL SAFE
     RETURN CASE WHEN p_any
                 THEN replace(plainto_tsquery(%1$L::regconfig, p_words)::text, '' & '', '' | '')::tsquery
                 ELSE plainto_tsquery(%1$L::regconfig, p_words) END',
    v_language);
END;
$$;

ALTER TABLE knowledge.facts
  ADD COLUMN words TSVECTOR GENERATED ALWAYS AS (knowledge.fact_words(object_value)) STORED;

CREATE INDEX idx_knowledge_facts_words ON knowledge.facts USING gin (words);
