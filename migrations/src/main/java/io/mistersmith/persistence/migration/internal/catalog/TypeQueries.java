package io.mistersmith.persistence.migration.internal.catalog;

import java.util.List;

/** Enums, domains, ranges and composite types that are not a table's. */
final class TypeQueries {
  private static final CatalogQuery TYPES =
      new CatalogQuery(
          "type",
          """
          SELECT n.nspname, t.typname, '',
                 concat_ws(E'\\n', 'kind ' || t.typtype::text, 'owner ' || pg_get_userbyid(t.typowner),
                   CASE t.typtype
                     WHEN 'e' THEN
                       (SELECT string_agg(quote_literal(e.enumlabel), ', '
                                          ORDER BY e.enumsortorder)
                          FROM pg_enum AS e WHERE e.enumtypid = t.oid)
                     WHEN 'd' THEN
                       concat_ws(' ', format_type(t.typbasetype, t.typtypmod),
                         CASE WHEN t.typnotnull THEN 'NOT NULL' END, 'DEFAULT ' || t.typdefault)
                     WHEN 'r' THEN
                       (SELECT format_type(r.rngsubtype, NULL) FROM pg_range AS r
                         WHERE r.rngtypid = t.oid)
                   END),
                 obj_description(t.oid, 'pg_type')
            FROM pg_type AS t
            JOIN pg_namespace AS n ON n.oid = t.typnamespace
            LEFT JOIN pg_class AS c ON c.oid = t.typrelid
           WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c')
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_type", "t.oid", "n.nspname")));

  private static final CatalogQuery DOMAIN_CONSTRAINTS =
      new CatalogQuery(
          "domain constraint",
          """
          SELECT n.nspname, t.typname, k.conname,
                 concat_ws(E'\\n', pg_get_constraintdef(k.oid),
                   CASE WHEN NOT k.convalidated THEN 'not validated' END),
                 obj_description(k.oid, 'pg_constraint')
            FROM pg_constraint AS k
            JOIN pg_type AS t ON t.oid = k.contypid
            JOIN pg_namespace AS n ON n.oid = t.typnamespace
           WHERE k.contype <> 'n'
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_type", "t.oid", "n.nspname")));

  static final List<CatalogQuery> ALL = List.of(TYPES, DOMAIN_CONSTRAINTS);

  private TypeQueries() {}
}
