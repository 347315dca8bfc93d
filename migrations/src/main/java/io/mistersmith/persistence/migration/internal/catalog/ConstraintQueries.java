package io.mistersmith.persistence.migration.internal.catalog;

import java.util.List;

/** Queries for constraints, indexes, and statistics over several columns. */
final class ConstraintQueries {
  // From 18 on NOT NULL is a constraint with a name, mostly a generated one: by its column then.
  private static final CatalogQuery OF_TABLES =
      new CatalogQuery(
          "constraint",
          """
          SELECT n.nspname, c.relname,
                 CASE WHEN k.contype = 'n'
                      THEN 'not null of ' || (SELECT a.attname FROM pg_attribute AS a
                                               WHERE a.attrelid = k.conrelid
                                                 AND a.attnum = k.conkey[1])
                      ELSE k.conname END,
                 concat_ws(E'\\n', pg_get_constraintdef(k.oid),
                   CASE WHEN NOT k.convalidated THEN 'not validated' END,
                   CASE WHEN k.conparentid <> 0 THEN 'of the partitioned table' END),
                 obj_description(k.oid, 'pg_constraint')
            FROM pg_constraint AS k
            JOIN pg_class AS c ON c.oid = k.conrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE k.contype <> 't'
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  private static final CatalogQuery INDEXES =
      new CatalogQuery(
          "index",
          """
          SELECT n.nspname, c.relname, x.relname,
                 concat_ws(E'\\n', pg_get_indexdef(i.indexrelid),
                   CASE WHEN NOT i.indisvalid THEN 'invalid' END,
                   CASE WHEN NOT i.indisready THEN 'not ready' END,
                   CASE WHEN i.indisreplident THEN 'replica identity' END,
                   CASE WHEN i.indisclustered THEN 'clustered' END,
                   'part of ' || (SELECT p.inhparent::regclass FROM pg_inherits AS p
                                   WHERE p.inhrelid = i.indexrelid)),
                 obj_description(x.oid, 'pg_class')
            FROM pg_index AS i
            JOIN pg_class AS x ON x.oid = i.indexrelid
            JOIN pg_class AS c ON c.oid = i.indrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  private static final CatalogQuery STATISTICS =
      new CatalogQuery(
          "statistics",
          """
          SELECT n.nspname, c.relname, s.stxname, pg_get_statisticsobjdef(s.oid),
                 obj_description(s.oid, 'pg_statistic_ext')
            FROM pg_statistic_ext AS s
            JOIN pg_class AS c ON c.oid = s.stxrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  static final List<CatalogQuery> ALL = List.of(OF_TABLES, INDEXES, STATISTICS);

  private ConstraintQueries() {}
}
