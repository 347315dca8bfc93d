DROP FUNCTION partitions.settings_of(REGCLASS);
DROP FUNCTION partitions.unregister(REGCLASS);
DROP FUNCTION partitions.register(REGCLASS, INTERVAL, INTEGER, INTERVAL);
DROP FUNCTION partitions.time_column(REGCLASS);
DROP FUNCTION partitions.period_of(INTERVAL);
DROP TABLE partitions.settings;
DROP SCHEMA partitions;
