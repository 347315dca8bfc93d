-- kind: schema
-- depends-on: 1.19.0, core 16.1.0
-- The runtime writes, puts and deletes the changes of entries that are not in KV yet. They name no
-- tenant: the runtime puts those of all of them.

GRANT SELECT, INSERT, UPDATE, DELETE ON sagas.entry_writes TO app_flusher;
