-- kind: schema
-- depends-on: 1.4.0, core 6.1.0
-- A checkpoint and its parent are of one tenant. Where checkpoints knew their parents before they
-- were isolated, their keys carry the tenant already.

DO $$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint
     WHERE conrelid = 'agents.checkpoints'::regclass AND conname = 'checkpoints_tenant_key'
  ) THEN
    ALTER TABLE agents.checkpoints
      ADD CONSTRAINT checkpoints_tenant_key UNIQUE (tenant_id, checkpoint_id);
  END IF;
END;
$$;

SELECT agents.rewrite_foreign_keys('agents.checkpoints', TRUE);
