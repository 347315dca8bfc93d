DROP INDEX agents.idx_agents_state_words;

DROP INDEX agents.idx_agents_state_value;

DROP FUNCTION agents.state_words_wanted (TEXT);

DROP FUNCTION agents.state_words (JSONB);

DROP FUNCTION agents.state_search_language ();
