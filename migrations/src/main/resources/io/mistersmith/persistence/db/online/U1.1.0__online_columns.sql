DROP FUNCTION migrations.abandon_column_online(UUID, INTERVAL, INT, INTERVAL);
DROP FUNCTION migrations.drop_fill_trigger(migrations.online_changes);
DROP FUNCTION migrations.finish_column_online(UUID, INTERVAL, INT, INTERVAL);
DROP FUNCTION migrations.backfill_batch(UUID, INT);
DROP FUNCTION migrations.fill_name(UUID);
DROP FUNCTION migrations.add_column_online(
  REGCLASS, NAME, TEXT, TEXT, TEXT, BOOLEAN, INTERVAL, INT, INTERVAL);
