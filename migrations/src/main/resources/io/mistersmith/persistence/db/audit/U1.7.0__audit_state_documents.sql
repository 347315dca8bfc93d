-- The rule stays while the column exists: without it the column's text would be logged in clear.
DELETE FROM audit.redactions
 WHERE (table_schema, table_name, column_name) = ('agents', 'state', 'state_document')
   AND NOT EXISTS (
     SELECT FROM pg_attribute
      WHERE attrelid = 'agents.state'::regclass AND attname = 'state_document' AND NOT attisdropped);
