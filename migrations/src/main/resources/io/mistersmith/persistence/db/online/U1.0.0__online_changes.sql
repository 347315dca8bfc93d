DROP FUNCTION migrations.lock_online_start(REGCLASS);
DROP FUNCTION migrations.lock_online_change(UUID, TEXT);
DROP FUNCTION migrations.note_online_error(UUID, TEXT);
DROP FUNCTION migrations.execute_briefly(REGCLASS, TEXT[], INTERVAL, INT, INTERVAL);
DROP FUNCTION migrations.next_batch(REGCLASS, NAME[], JSONB, JSONB, INT);
DROP FUNCTION migrations.last_key(REGCLASS, NAME[]);
DROP FUNCTION migrations.keyset(REGCLASS, NAME[]);
DROP FUNCTION migrations.key_columns(REGCLASS);
DROP FUNCTION migrations.checked_type(TEXT);
DROP FUNCTION migrations.checked_expression(TEXT, TEXT);
DROP TABLE migrations.online_changes;

-- The runner's history lives in the schema; without it, as under psql, the schema was made here.
DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_class c
     WHERE c.relnamespace = pg_catalog.to_regnamespace('migrations')
  ) THEN
    DROP SCHEMA migrations;
  END IF;
END;
$$;
