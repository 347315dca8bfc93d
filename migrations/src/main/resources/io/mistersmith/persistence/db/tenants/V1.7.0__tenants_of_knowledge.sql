-- kind: schema
-- depends-on: 1.3.0, core 6.1.0
-- Facts belong to the tenant of the agent that found them, or to the session's; embeddings to the
-- tenant of their fact.

GRANT USAGE ON SCHEMA knowledge TO app_tenant, app_flusher;

SELECT agents.isolate_table('knowledge.facts', 'source_agent_id');
SELECT agents.isolate_table('knowledge.embeddings', 'fact_id');
