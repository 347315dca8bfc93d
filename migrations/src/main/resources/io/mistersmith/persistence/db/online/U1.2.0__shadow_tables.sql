DROP FUNCTION migrations.restructure_table_shadow(
  REGCLASS, TEXT, JSONB, JSONB, INTERVAL, INT, INTERVAL);
DROP FUNCTION migrations.shadow_begin(UUID, REGCLASS, TEXT, JSONB, JSONB);
DROP FUNCTION migrations.copy_grants(REGCLASS, REGCLASS);
DROP FUNCTION migrations.refuse_shadow_obstacles(REGCLASS);
DROP FUNCTION migrations.shadow_obstacles(REGCLASS);
DROP FUNCTION migrations.sync_triggers(NAME, TEXT);
DROP FUNCTION migrations.create_sync_function(NAME, REGCLASS, REGCLASS, TEXT, TEXT, NAME[], JSONB);
DROP FUNCTION migrations.sync_name(UUID, BOOLEAN);
DROP FUNCTION migrations.shadow_insert(REGCLASS, REGCLASS, NAME[], JSONB);
DROP FUNCTION migrations.shadow_mapping(REGCLASS, REGCLASS, JSONB);
