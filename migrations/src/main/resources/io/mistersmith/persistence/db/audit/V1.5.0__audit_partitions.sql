-- kind: partition
-- depends-on: 1.0.0, core 2.2.0
-- A partition a month, and three ahead. Nothing is dropped by maintenance: how long an audit log is
-- kept is for its owner to say, with audit.purge_old_records or another call of register.

SELECT partitions.register('audit.change_log', INTERVAL '1 month', 3, NULL);

-- The first ones. If one cannot be created now, the default partition takes its rows.
SELECT partitions.maintain(now(), 'audit.change_log');
