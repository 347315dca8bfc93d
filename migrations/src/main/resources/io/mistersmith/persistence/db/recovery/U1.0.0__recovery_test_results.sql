DROP FUNCTION recovery.record_test_result(
  TEXT, TIMESTAMPTZ, TIMESTAMPTZ, TIMESTAMPTZ, TEXT, BOOLEAN, JSONB, TEXT, TEXT[]
);
DROP TABLE recovery.test_results;
DROP SCHEMA recovery;
