-- kind: function
-- depends-on: 1.1.0
-- Where the rights of the roles differ from what they should be: query it after changes to the
-- schema or to rights, for instance in a pipeline. No rows, no gap.

CREATE FUNCTION agents.role_gaps()
RETURNS TABLE (relation TEXT, role_name NAME, gap TEXT)
LANGUAGE sql STABLE
SET search_path = pg_catalog
AS $$
WITH present AS (
  SELECT n.nspname, c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relkind,
         c.relispartition, c.relacl
    FROM pg_class AS c
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
   WHERE n.nspname = ANY (agents.role_schemas())
     AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
), wanted AS (
  SELECT r.relation, r.role_name,
         CASE k.letter
           WHEN 'S' THEN 'SELECT'
           WHEN 'I' THEN 'INSERT'
           WHEN 'U' THEN 'UPDATE'
           WHEN 'D' THEN 'DELETE'
           WHEN 'G' THEN 'USAGE'
         END AS privilege
    FROM agents.role_rights() AS r
   CROSS JOIN LATERAL regexp_split_to_table(r.rights, '') AS k (letter)
   WHERE r.relation !~ '^(monitoring|audit)\.'
      OR r.role_name = 'app_background'
      OR to_regprocedure('agents.isolate_table(regclass,text[])') IS NULL
), held AS (
  SELECT p.name, pg_get_userbyid(x.grantee) AS role_name, x.privilege_type
    FROM present AS p
   CROSS JOIN LATERAL aclexplode(p.relacl) AS x
   WHERE x.grantee <> 0
     AND pg_get_userbyid(x.grantee) IN (SELECT r.role_name FROM agents.role_rights() AS r)
)
SELECT w.relation, w.role_name, format('%s is missing', w.privilege)
  FROM wanted AS w
  JOIN present AS p ON p.name = w.relation
 WHERE NOT EXISTS (
         SELECT
           FROM held AS h
          WHERE h.name = w.relation
            AND h.role_name = w.role_name
            AND h.privilege_type = w.privilege
       )
UNION ALL
SELECT h.name, h.role_name, format('%s is more than it needs', h.privilege_type)
  FROM held AS h
 WHERE h.name <> 'events.positions'
   AND NOT EXISTS (
         SELECT
           FROM wanted AS w
          WHERE w.relation = h.name
            AND w.role_name = h.role_name
            AND w.privilege = h.privilege_type
       )
UNION ALL
SELECT p.name, NULL, 'nothing is said about it'
  FROM present AS p
 WHERE NOT p.relispartition
   AND p.nspname NOT IN ('events', 'audit', 'recovery', 'migrations')
   AND p.name NOT IN ('partitions.overview', 'agents.registry_masked')
   -- The sequence of an identity column needs no grants.
   AND NOT EXISTS (
         SELECT
           FROM pg_depend AS d
          WHERE d.classid = 'pg_class'::REGCLASS AND d.objid = p.oid AND d.deptype = 'i'
       )
   AND NOT EXISTS (SELECT FROM agents.role_rights() AS r WHERE r.relation = p.name)
UNION ALL
SELECT NULL, r.rolname, 'it may do more than an application needs'
  FROM pg_roles AS r
 WHERE r.rolname IN (SELECT g.role_name FROM agents.role_rights() AS g)
   AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication)
UNION ALL
SELECT NULL, r.role_name, format('it owns %s', p.name)
  FROM (SELECT DISTINCT g.role_name FROM agents.role_rights() AS g) AS r
  JOIN pg_class AS c ON pg_get_userbyid(c.relowner) = r.role_name
  JOIN present AS p ON p.oid = c.oid
$$;
