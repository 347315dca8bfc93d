-- kind: schema
-- depends-on: 1.20.0, core 17.2.0
-- A data key belongs to the session's tenant: another tenant can neither use nor destroy it.

SELECT agents.isolate_table('agents.data_keys');
