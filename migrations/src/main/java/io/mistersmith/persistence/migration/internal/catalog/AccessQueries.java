package io.mistersmith.persistence.migration.internal.catalog;

import java.util.List;

/** Policies, privileges, and default privileges. */
final class AccessQueries {
  private static final CatalogQuery POLICIES =
      new CatalogQuery(
          "policy",
          """
          SELECT n.nspname, c.relname, p.polname,
                 concat_ws(E'\\n',
                   CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END,
                   'for ' || p.polcmd::text,
                   'to ' || (SELECT string_agg(coalesce(r.rolname, 'public'), ', '
                                               ORDER BY r.rolname)
                               FROM unnest(p.polroles) AS o
                               LEFT JOIN pg_roles AS r ON r.oid = o),
                   'using ' || pg_get_expr(p.polqual, p.polrelid),
                   'with check ' || pg_get_expr(p.polwithcheck, p.polrelid)),
                 obj_description(p.oid, 'pg_policy')
            FROM pg_policy AS p
            JOIN pg_class AS c ON c.oid = p.polrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  // A list that was never changed is not stored, and means the same as the default one.
  private static final CatalogQuery PRIVILEGES =
      new CatalogQuery(
          "privilege",
          """
          SELECT o.schema, o.object,
                 concat_ws(' ', o.part, coalesce(r.rolname, 'public') || ' ' || x.privilege_type,
                   CASE WHEN x.is_grantable THEN 'with grant option' END),
                 '', NULL
            FROM (
                   SELECT n.nspname AS schema, '' AS object, NULL::text AS part,
                          coalesce(n.nspacl, acldefault('n', n.nspowner)) AS acl
                     FROM pg_namespace AS n
                    WHERE %s
                   UNION ALL
                   SELECT n.nspname, c.relname, NULL,
                          coalesce(c.relacl, acldefault(
                            CASE WHEN c.relkind = 'S' THEN 's' ELSE 'r' END::"char", c.relowner))
                     FROM pg_class AS c
                     JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
                      AND %s
                   UNION ALL
                   SELECT n.nspname, c.relname, 'column ' || a.attname || ':', a.attacl
                     FROM pg_attribute AS a
                     JOIN pg_class AS c ON c.oid = a.attrelid
                     JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE NOT a.attisdropped
                      AND %s
                   UNION ALL
                   SELECT n.nspname, p.proname,
                          '(' || pg_get_function_identity_arguments(p.oid) || '):',
                          coalesce(p.proacl, acldefault('f', p.proowner))
                     FROM pg_proc AS p
                     JOIN pg_namespace AS n ON n.oid = p.pronamespace
                    WHERE %s
                   UNION ALL
                   SELECT n.nspname, t.typname, 'type:',
                          coalesce(t.typacl, acldefault('T', t.typowner))
                     FROM pg_type AS t
                     JOIN pg_namespace AS n ON n.oid = t.typnamespace
                    WHERE t.typtype IN ('e', 'd', 'r')
                      AND %s
                 ) AS o
           CROSS JOIN LATERAL aclexplode(o.acl) AS x
            LEFT JOIN pg_roles AS r ON r.oid = x.grantee
          """
              .formatted(
                  CatalogQuery.isOwn("pg_namespace", "n.oid", "n.nspname"),
                  CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname"),
                  CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname"),
                  CatalogQuery.isOwn("pg_proc", "p.oid", "n.nspname"),
                  CatalogQuery.isOwn("pg_type", "t.oid", "n.nspname")));

  private static final CatalogQuery DEFAULT_PRIVILEGES =
      new CatalogQuery(
          "default privilege",
          """
          SELECT coalesce(n.nspname, ''), '',
                 concat_ws(' ', 'of ' || pg_get_userbyid(d.defaclrole), 'on ' || d.defaclobjtype::text,
                   coalesce(r.rolname, 'public'), x.privilege_type,
                   CASE WHEN x.is_grantable THEN 'with grant option' END),
                 '', NULL
            FROM pg_default_acl AS d
            LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
           CROSS JOIN LATERAL aclexplode(d.defaclacl) AS x
            LEFT JOIN pg_roles AS r ON r.oid = x.grantee
          """);

  static final List<CatalogQuery> ALL = List.of(POLICIES, PRIVILEGES, DEFAULT_PRIVILEGES);

  private AccessQueries() {}
}
