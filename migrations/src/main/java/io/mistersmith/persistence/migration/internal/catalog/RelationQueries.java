package io.mistersmith.persistence.migration.internal.catalog;

import java.util.List;

/** Schemas, tables with their partitions, views, sequences and extensions. */
final class RelationQueries {
  private static final CatalogQuery SCHEMAS =
      new CatalogQuery(
          "schema",
          """
          SELECT n.nspname, '', '', 'owner ' || pg_get_userbyid(n.nspowner),
                 obj_description(n.oid, 'pg_namespace')
            FROM pg_namespace AS n
           WHERE %s
          """
              .formatted(CatalogQuery.isOwn("pg_namespace", "n.oid", "n.nspname")));

  private static final CatalogQuery TABLES =
      new CatalogQuery(
          "table",
          """
          SELECT n.nspname, c.relname, '',
                 concat_ws(E'\\n',
                   'kind ' || c.relkind::text, 'persistence ' || c.relpersistence::text,
                   'owner ' || pg_get_userbyid(c.relowner),
                   'access method ' || am.amname,
                   'options ' || (SELECT string_agg(o, ', ' ORDER BY o)
                                    FROM unnest(c.reloptions) AS o),
                   'toast options ' || (SELECT string_agg(o, ', ' ORDER BY o)
                                          FROM unnest(toast.reloptions) AS o),
                   'replica identity ' || c.relreplident::text,
                   CASE WHEN c.relrowsecurity THEN 'row-level security' END,
                   CASE WHEN c.relforcerowsecurity THEN 'forced row-level security' END,
                   'partitioned by ' || pg_get_partkeydef(c.oid),
                   (SELECT string_agg('child of ' || i.inhparent::regclass
                             || CASE WHEN i.inhdetachpending THEN ', detach pending' ELSE '' END,
                             ', ' ORDER BY i.inhseqno)
                      FROM pg_inherits AS i WHERE i.inhrelid = c.oid),
                   'bounds ' || pg_get_expr(c.relpartbound, c.oid)),
                 obj_description(c.oid, 'pg_class')
            FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            LEFT JOIN pg_am AS am ON am.oid = c.relam
            LEFT JOIN pg_class AS toast ON toast.oid = c.reltoastrelid
           WHERE c.relkind IN ('r', 'p', 'f')
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  private static final CatalogQuery VIEWS =
      new CatalogQuery(
          "view",
          """
          SELECT n.nspname, c.relname, '',
                 concat_ws(E'\\n',
                   'kind ' || c.relkind::text, 'owner ' || pg_get_userbyid(c.relowner),
                   'options ' || (SELECT string_agg(o, ', ' ORDER BY o)
                                    FROM unnest(c.reloptions) AS o),
                   pg_get_viewdef(c.oid)),
                 obj_description(c.oid, 'pg_class')
            FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE c.relkind IN ('v', 'm')
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  private static final CatalogQuery SEQUENCES =
      new CatalogQuery(
          "sequence",
          """
          SELECT n.nspname, c.relname, '',
                 concat_ws(E'\\n',
                   format('%%s from %%s by %%s, %%s to %%s, cache %%s, cycle %%s',
                     format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax,
                     s.seqcache, s.seqcycle),
                   'owner ' || pg_get_userbyid(c.relowner),
                   (SELECT format('owned by %%s.%%s', a.attrelid::regclass, a.attname)
                      FROM pg_depend AS d
                      JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
                     WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                       AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i'))),
                 obj_description(c.oid, 'pg_class')
            FROM pg_sequence AS s
            JOIN pg_class AS c ON c.oid = s.seqrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  private static final CatalogQuery EXTENSIONS =
      new CatalogQuery(
          "extension",
          """
          SELECT '', e.extname, '', format('%s in %I', e.extversion, n.nspname), NULL
            FROM pg_extension AS e
            JOIN pg_namespace AS n ON n.oid = e.extnamespace
          """);

  static final List<CatalogQuery> ALL = List.of(SCHEMAS, TABLES, VIEWS, SEQUENCES, EXTENSIONS);

  private RelationQueries() {}
}
