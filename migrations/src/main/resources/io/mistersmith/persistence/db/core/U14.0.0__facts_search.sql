ALTER TABLE knowledge.facts DROP COLUMN words;
DROP FUNCTION knowledge.fact_words_wanted(TEXT, BOOLEAN);
DROP FUNCTION knowledge.fact_words(JSONB);
ALTER TABLE knowledge.facts DROP COLUMN superseded_by;
ALTER TABLE knowledge.facts DROP COLUMN content_hash;
