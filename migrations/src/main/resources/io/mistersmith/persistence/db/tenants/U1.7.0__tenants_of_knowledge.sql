SELECT agents.join_table('knowledge.embeddings');
SELECT agents.join_table('knowledge.facts');
REVOKE USAGE ON SCHEMA knowledge FROM app_tenant, app_flusher;
