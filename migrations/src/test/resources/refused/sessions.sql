-- refused: sessions.active active_pkey
INSERT INTO sessions.active (session_id, session_token, expires_at) VALUES ('cccccccc-0000-4000-8000-0000000000f1', repeat('u', 32), now() + INTERVAL '1 h');
-- refused: sessions.active active_session_token_key
INSERT INTO sessions.active (session_token, expires_at) VALUES (repeat('t', 32), now() + INTERVAL '1 h');
-- refused: sessions.active active_agent_id_fkey
INSERT INTO sessions.active (session_token, expires_at, agent_id) VALUES (repeat('u', 32), now() + INTERVAL '1 h', 'aaaaaaaa-0000-4000-8000-000000000009');
-- refused: sessions.active valid_session_token
INSERT INTO sessions.active (session_token, expires_at) VALUES (repeat('u', 31), now() + INTERVAL '1 h');
-- refused: sessions.active valid_session_type
INSERT INTO sessions.active (session_token, expires_at, session_type) VALUES (repeat('u', 32), now() + INTERVAL '1 h', 'idle');
-- refused: sessions.active future_expiry
INSERT INTO sessions.active (session_token, expires_at) VALUES (repeat('u', 32), now());
