package io.mistersmith.persistence.migration.internal.catalog;

import java.util.List;

/** Columns of tables, views and composite types; their order says nothing. */
final class ColumnQueries {
  private static final CatalogQuery COLUMNS =
      new CatalogQuery(
          "column",
          """
          SELECT n.nspname, c.relname, a.attname,
                 concat_ws(' ',
                   format_type(a.atttypid, a.atttypmod),
                   CASE WHEN a.attcollation <> t.typcollation
                        THEN 'COLLATE ' || a.attcollation::regcollation END,
                   CASE WHEN a.attnotnull THEN 'NOT NULL' END,
                   CASE WHEN a.attidentity <> '' THEN 'identity ' || a.attidentity::text END,
                   CASE WHEN a.attgenerated <> '' THEN 'generated ' || a.attgenerated::text END,
                   'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
                   'storage ' || a.attstorage::text,
                   CASE WHEN a.attcompression <> '' THEN 'compression ' || a.attcompression::text END,
                   CASE WHEN a.attstattarget >= 0 THEN 'statistics ' || a.attstattarget END,
                   'options ' || a.attoptions::text),
                 col_description(c.oid, a.attnum)
            FROM pg_attribute AS a
            JOIN pg_class AS c ON c.oid = a.attrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_type AS t ON t.oid = a.atttypid
            LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
           WHERE a.attnum > 0
             AND NOT a.attisdropped
             AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'c')
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  static final List<CatalogQuery> ALL = List.of(COLUMNS);

  private ColumnQueries() {}
}
