DROP FUNCTION monitoring.generate_index_recommendations();

DROP FUNCTION monitoring.suggest_missing_indexes();

DROP FUNCTION monitoring.recommended_index_name(TEXT, TEXT[]);
