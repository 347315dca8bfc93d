-- kind: schema
-- depends-on: 1.0.0, core 6.4.0
-- Masks agents.state.state_document as a whole: it repeats, as text, what state_value holds as
-- jsonb, and the masks by key name work on jsonb alone.

INSERT INTO audit.redactions (table_schema, table_name, column_name)
VALUES ('agents', 'state', 'state_document')
ON CONFLICT DO NOTHING;
