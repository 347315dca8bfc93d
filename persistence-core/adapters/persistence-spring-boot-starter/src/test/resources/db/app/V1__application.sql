-- Fails where this library's tables are there already: Flyway has to run before it.
DO $$
BEGIN
  IF to_regclass('agents.registry') IS NOT NULL THEN
    RAISE EXCEPTION 'agents.registry exists before the application''s own scripts';
  END IF;
END
$$;
CREATE TABLE orders (id bigint PRIMARY KEY, item text NOT NULL);
