-- kind: schema
-- Indexes that the statistics ask for, and what became of each.

CREATE TABLE monitoring.index_recommendations (
  recommendation_id UUID NOT NULL DEFAULT gen_random_uuid(),
  schema_name TEXT NOT NULL,
  table_name TEXT NOT NULL,
  column_names TEXT[] NOT NULL,
  index_type TEXT NOT NULL DEFAULT 'btree',
  recommendation_reason TEXT NOT NULL,
  estimated_benefit TEXT NOT NULL,
  query_patterns TEXT[],
  scan_count BIGINT,
  tuple_count BIGINT,
  status TEXT NOT NULL DEFAULT 'pending',
  created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
  implemented_at TIMESTAMPTZ,
  -- The index that it led to.
  index_name TEXT,
  CONSTRAINT index_recommendations_pkey PRIMARY KEY (recommendation_id),
  CONSTRAINT valid_column_names CHECK (
    cardinality(column_names) BETWEEN 1 AND 32 AND array_position(column_names, NULL) IS NULL
  ),
  CONSTRAINT valid_status CHECK (status IN ('pending', 'implemented', 'rejected', 'obsolete')),
  CONSTRAINT valid_implementation CHECK ((status = 'implemented') = (implemented_at IS NOT NULL))
);

CREATE UNIQUE INDEX idx_index_recommendations_pending
  ON monitoring.index_recommendations (schema_name, table_name, column_names, index_type)
  WHERE status = 'pending';
