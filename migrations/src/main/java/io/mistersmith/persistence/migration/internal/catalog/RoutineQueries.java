package io.mistersmith.persistence.migration.internal.catalog;

import java.util.List;

/** Functions, procedures and aggregates, and what calls them by itself: triggers and rules. */
final class RoutineQueries {
  private static final CatalogQuery ROUTINES =
      new CatalogQuery(
          "routine",
          """
          SELECT n.nspname, p.proname,
                 '(' || pg_get_function_identity_arguments(p.oid) || ')',
                 concat_ws(E'\\n', 'kind ' || p.prokind::text, 'owner ' || pg_get_userbyid(p.proowner),
                   CASE WHEN p.prokind = 'a' THEN
                     (SELECT concat_ws(' ', g.aggtransfn, g.aggfinalfn, g.aggcombinefn,
                                       format_type(g.aggtranstype, NULL), g.agginitval)
                        FROM pg_aggregate AS g WHERE g.aggfnoid = p.oid)
                   ELSE pg_get_functiondef(p.oid) END),
                 obj_description(p.oid, 'pg_proc')
            FROM pg_proc AS p
            JOIN pg_namespace AS n ON n.oid = p.pronamespace
           WHERE %s
          """
              .formatted(CatalogQuery.isOwn("pg_proc", "p.oid", "n.nspname")));

  private static final CatalogQuery TRIGGERS =
      new CatalogQuery(
          "trigger",
          """
          SELECT n.nspname, c.relname, t.tgname,
                 concat_ws(E'\\n', pg_get_triggerdef(t.oid), 'enabled ' || t.tgenabled::text),
                 obj_description(t.oid, 'pg_trigger')
            FROM pg_trigger AS t
            JOIN pg_class AS c ON c.oid = t.tgrelid
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE NOT t.tgisinternal
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  private static final CatalogQuery EVENT_TRIGGERS =
      new CatalogQuery(
          "event trigger",
          """
          SELECT '', e.evtname, '',
                 concat_ws(' ', e.evtevent, e.evttags::text, e.evtfoid::regprocedure,
                   'enabled ' || e.evtenabled::text),
                 obj_description(e.oid, 'pg_event_trigger')
            FROM pg_event_trigger AS e
          """);

  private static final CatalogQuery RULES =
      new CatalogQuery(
          "rule",
          """
          SELECT n.nspname, c.relname, r.rulename, pg_get_ruledef(r.oid),
                 obj_description(r.oid, 'pg_rewrite')
            FROM pg_rewrite AS r
            JOIN pg_class AS c ON c.oid = r.ev_class
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
           WHERE r.rulename <> '_RETURN'
             AND %s
          """
              .formatted(CatalogQuery.isOwn("pg_class", "c.oid", "n.nspname")));

  static final List<CatalogQuery> ALL = List.of(ROUTINES, TRIGGERS, EVENT_TRIGGERS, RULES);

  private RoutineQueries() {}
}
