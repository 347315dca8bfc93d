DROP FUNCTION agents.is_large_value_named(UUID);
DROP FUNCTION agents.name_large_value(UUID, TEXT, BIGINT, BIGINT, UUID, INTEGER, BIGINT);
DROP TABLE agents.large_value_names;
DROP TABLE agents.value_chunks;
DROP TABLE agents.large_values;
