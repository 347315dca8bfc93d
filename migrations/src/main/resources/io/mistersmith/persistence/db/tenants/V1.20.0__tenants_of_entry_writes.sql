-- kind: schema
-- depends-on: 1.19.0, core 16.1.0
-- A change of an entry belongs to the session's tenant, until any tenant's runtime has put it into KV.

SELECT agents.isolate_table('sagas.entry_writes');
