-- kind: partition
-- Has the tables that are partitioned by time maintained, and creates their first partitions.
--
-- Events, executions and messages are kept for 30 days, in daily partitions of which seven are
-- ready ahead; archived tasks without a limit, by month. Other settings: partitions.settings.

SELECT partitions.register('agents.lifecycle_events', INTERVAL '1 day', 7, INTERVAL '30 days');
SELECT partitions.register('messages.log', INTERVAL '1 day', 7, INTERVAL '30 days');
SELECT partitions.register('tasks.archive', INTERVAL '1 month', 1);
SELECT partitions.register('tasks.executions', INTERVAL '1 day', 7, INTERVAL '30 days');

-- Executions and messages are updated a few times after they are written.
UPDATE partitions.settings
   SET storage_parameters =
       '{"fillfactor": 90,
         "autovacuum_vacuum_scale_factor": 0.05,
         "autovacuum_analyze_scale_factor": 0.05}'
 WHERE (parent_schema, parent_table) IN (('messages', 'log'), ('tasks', 'executions'));

-- Yesterday, today and tomorrow; the first maintenance creates the others. Each is a table with its
-- indexes, and the whole migration waits for them.
SELECT partitions.create_time_partition(
         parent, partitions.period_start('day', now(), days), INTERVAL '1 day')
  FROM unnest(ARRAY['agents.lifecycle_events', 'messages.log', 'tasks.executions']::REGCLASS[])
       AS parent,
       generate_series(-1, 1) AS days;

SELECT partitions.create_time_partition(
         'tasks.archive', partitions.period_start('month', now(), months), INTERVAL '1 month')
  FROM generate_series(0, 1) AS months;
