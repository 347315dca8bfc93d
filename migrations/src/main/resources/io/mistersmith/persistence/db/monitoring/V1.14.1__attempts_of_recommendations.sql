-- kind: schema
-- What came of the latest attempt to build a recommended index.

ALTER TABLE monitoring.index_recommendations
  ADD COLUMN attempted_at TIMESTAMPTZ,
  ADD COLUMN failure TEXT;

CREATE FUNCTION monitoring.pending_index_recommendations()
RETURNS TABLE (
  recommendation_id UUID,
  schema_name TEXT,
  table_name TEXT,
  index_name TEXT,
  column_names TEXT[],
  index_type TEXT,
  recommendation_reason TEXT,
  estimated_benefit TEXT,
  created_at TIMESTAMPTZ,
  failure TEXT
)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
  SELECT
      r.recommendation_id,
      r.schema_name,
      r.table_name,
      monitoring.recommended_index_name(r.table_name, r.column_names),
      r.column_names,
      r.index_type,
      r.recommendation_reason,
      r.estimated_benefit,
      r.created_at,
      r.failure
    FROM monitoring.index_recommendations r
   WHERE r.status = 'pending'
   ORDER BY r.created_at, r.recommendation_id;
$$;

-- Notes that the index was built, or why not. Returns false when the recommendation is gone or was
-- rejected meanwhile. The new index itself may have made it obsolete.
CREATE FUNCTION monitoring.note_index_attempt(
  p_recommendation_id UUID,
  p_index_name TEXT,
  p_failure TEXT
)
RETURNS BOOLEAN
LANGUAGE sql
SET search_path = pg_catalog
AS $$
  WITH noted AS (
    UPDATE monitoring.index_recommendations r
       SET attempted_at = clock_timestamp(),
           failure = p_failure,
           status = CASE WHEN p_failure IS NULL THEN 'implemented' ELSE r.status END,
           implemented_at = CASE WHEN p_failure IS NULL THEN clock_timestamp() END,
           index_name = CASE WHEN p_failure IS NULL THEN p_index_name END
     WHERE r.recommendation_id = p_recommendation_id
       AND r.status IN ('pending', 'obsolete')
    RETURNING 1
  )
  SELECT EXISTS (SELECT FROM noted);
$$;
