-- kind: function
-- depends-on: 1.1.0
-- Gaps through which a tenant reaches another's rows: query it after changes to the schema or to
-- rights, for instance in a pipeline. No rows, no gap. It looks at the tables of this database's agents with a
-- column tenant_id, at all others that were isolated, and at what refers to any of them.

CREATE FUNCTION agents.tenant_gaps()
RETURNS TABLE (relation REGCLASS, gap TEXT)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
WITH guarded AS (
  SELECT c.oid, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
   WHERE (
       n.nspname IN ('agents', 'tasks', 'messages', 'sessions', 'knowledge')
       OR EXISTS (
         SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant_isolation'
       )
     )
     AND c.relkind IN ('r', 'p')
     AND NOT c.relispartition
)
SELECT g.oid::regclass, 'row-level security is not enabled and forced'
  FROM guarded g
 WHERE NOT (g.relrowsecurity AND g.relforcerowsecurity)
UNION ALL
SELECT g.oid::regclass, 'policy tenant_isolation is missing'
  FROM guarded g
 WHERE NOT EXISTS (
   SELECT FROM pg_policy p WHERE p.polrelid = g.oid AND p.polname = 'tenant_isolation'
 )
UNION ALL
SELECT g.oid::regclass, format('policy %I lets more rows through', p.polname)
  FROM guarded g
  JOIN pg_policy p ON p.polrelid = g.oid AND p.polpermissive
 WHERE p.polname NOT IN ('tenant_isolation', 'flusher_spans_tenants')
UNION ALL
SELECT
  t.relid,
  format('a partition, and open to %s', coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC'))
  FROM guarded g
 CROSS JOIN LATERAL pg_partition_tree(g.oid) AS t
  JOIN pg_class c ON c.oid = t.relid AND c.relispartition
 CROSS JOIN LATERAL aclexplode(c.relacl) AS x
 WHERE x.grantee <> c.relowner
 GROUP BY t.relid, x.grantee
UNION ALL
SELECT
  g.oid::regclass,
  format(
    '%s, which knows no policies, is granted to %s',
    x.privilege_type,
    coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC')
  )
  FROM guarded g
 CROSS JOIN LATERAL aclexplode(g.relacl) AS x
 WHERE x.grantee <> g.relowner AND x.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER')
UNION ALL
SELECT k.conrelid::regclass, format('foreign key %I does not carry the tenant', k.conname)
  FROM pg_constraint k
  JOIN guarded g ON g.oid = k.confrelid
 WHERE k.contype = 'f'
   AND k.conparentid = 0
   AND NOT EXISTS (
     SELECT FROM pg_attribute a
      WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname = 'tenant_id'
   )
UNION ALL
SELECT
  NULL,
  format(
    'default privileges open new tables of %s to %s',
    coalesce(nullif(d.defaclnamespace, 0)::regnamespace::text, 'all schemas'),
    coalesce(pg_get_userbyid(nullif(x.grantee, 0)), 'PUBLIC')
  )
  FROM pg_default_acl d
 CROSS JOIN LATERAL aclexplode(d.defaclacl) AS x
 WHERE d.defaclobjtype = 'r'
   AND x.grantee <> d.defaclrole
   AND (
     d.defaclnamespace = 0
     OR d.defaclnamespace IN (
       SELECT c.relnamespace FROM pg_class c JOIN guarded g ON g.oid = c.oid
     )
   )
 GROUP BY d.defaclnamespace, x.grantee
UNION ALL
SELECT NULL, format('role %I bypasses row-level security', r.rolname)
  FROM pg_roles r
 WHERE r.rolname IN ('app_tenant', 'app_readonly', 'app_masked')
   AND (r.rolsuper OR r.rolbypassrls);
$$;
