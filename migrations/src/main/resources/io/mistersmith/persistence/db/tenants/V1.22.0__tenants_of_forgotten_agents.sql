-- kind: schema
-- depends-on: 1.20.0, core 17.1.0
-- Who is forgotten belongs to the session's tenant, until any tenant's runtime goes on with it.

SELECT agents.isolate_table('agents.forgotten');
