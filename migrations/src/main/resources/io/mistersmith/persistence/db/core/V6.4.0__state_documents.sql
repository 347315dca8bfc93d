-- kind: schema
-- depends-on: 1.2.0
-- The document of an entry as it was saved, where jsonb would not give it back: jsonb writes 1.0E7
-- as 10000000, drops the sign of -0.0 and the second of two equal names, and sorts members. NULL
-- where jsonb's text, without its blanks, is what was saved. The library reads state_document
-- before state_value; queries go on with state_value.

ALTER TABLE agents.state ADD COLUMN state_document TEXT;

-- A value that is changed without its document, by hand or by a version of the library that does
-- not know the column, counts as it is.
CREATE FUNCTION agents.forget_state_document()
RETURNS TRIGGER
LANGUAGE plpgsql
SET search_path = pg_catalog
AS $$
BEGIN
  NEW.state_document := NULL;
  RETURN NEW;
END;
$$;

-- The first comparison is of lengths for nearly every row that the flush writes.
CREATE TRIGGER forget_state_document
  BEFORE UPDATE ON agents.state
  FOR EACH ROW
  WHEN (NEW.state_document = OLD.state_document AND NEW.state_value <> OLD.state_value)
  EXECUTE FUNCTION agents.forget_state_document();

-- The audit's masks work on jsonb; a document in a text column would pass them. The set "audit"
-- adds the same rule where it is installed after this version.
DO $$
BEGIN
  IF to_regclass('audit.redactions') IS NOT NULL THEN
    INSERT INTO audit.redactions (table_schema, table_name, column_name)
    VALUES ('agents', 'state', 'state_document')
    ON CONFLICT DO NOTHING;
  END IF;
END;
$$;
