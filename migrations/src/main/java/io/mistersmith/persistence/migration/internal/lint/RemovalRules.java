package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;
import static io.mistersmith.persistence.migration.internal.lint.LintRule.warning;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterObject;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.DropObjects;
import io.mistersmith.persistence.migration.internal.sql.Maintenance;
import java.util.List;
import java.util.Set;

/** Removals and renames, which break applications that still use the version before. */
final class RemovalRules {
  private static final Set<String> USED =
      Set.of(
          "VIEW",
          "MATERIALIZED VIEW",
          "FUNCTION",
          "PROCEDURE",
          "ROUTINE",
          "AGGREGATE",
          "TYPE",
          "DOMAIN",
          "SCHEMA",
          "SEQUENCE",
          "EXTENSION");

  private RemovalRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
                "dropped-column",
                "an application of the version before reads or writes it, and its content is lost",
                "Release a version that does not use it, then drop it and exempt the script",
                (script, report) ->
                    action(script, report, AlterAction.Kind.DROP_COLUMN, "is dropped"))
            .forwardOnly(),
        error(
                "dropped-table",
                "an application of the version before uses it, and its rows are lost",
                "Release a version that does not use it, then drop it and exempt the script",
                (script, report) -> dropped(script, report, Set.of("TABLE", "DATABASE")))
            .forwardOnly(),
        warning(
                "dropped-object",
                "an application of the version before may use it",
                "CREATE OR REPLACE it where its shape allows, or drop it a version later",
                (script, report) -> dropped(script, report, USED))
            .forwardOnly(),
        warning(
                "dropped-not-null",
                "an application of the version before does not expect a null",
                "Release a version that does, then drop it and exempt the script",
                (script, report) ->
                    action(script, report, AlterAction.Kind.DROP_NOT_NULL, "may be null"))
            .forwardOnly(),
        error(
                "renamed-column",
                "an application of the version before uses the old name",
                "Add a column, write both, change the readers over, drop the old one later",
                (script, report) ->
                    action(script, report, AlterAction.Kind.RENAME_COLUMN, "is renamed"))
            .forwardOnly(),
        error(
                "renamed-object",
                "an application of the version before uses the old name",
                "Keep the name, or leave a view of the old name in the same script and exempt it",
                RemovalRules::renamed)
            .forwardOnly(),
        warning(
                "renamed-constraint",
                "programs tell errors apart by the name of the constraint",
                "Keep the name",
                (script, report) ->
                    action(script, report, AlterAction.Kind.RENAME_CONSTRAINT, "is renamed"))
            .forwardOnly(),
        error(
            "drop-cascade",
            "CASCADE takes objects that the script does not name, of others too",
            "Name what has to go, in the order in which it can",
            RemovalRules::cascade),
        error(
            "truncate-cascade",
            "CASCADE empties tables that the script does not name",
            "Name each table",
            (script, report) ->
                script
                    .all(Maintenance.class)
                    .filter(m -> m.verb() == Maintenance.Verb.TRUNCATE)
                    .filter(m -> m.tokens().hasOutside("cascade"))
                    .forEach(m -> report.add(m.line(), m.summary() + " … CASCADE"))));
  }

  private static void action(Script script, Report report, AlterAction.Kind kind, String what) {
    script.onExistingTables(
        (alter, action) -> {
          if (action.is(kind)) {
            report.add(action.line(), action.subject() + " of " + alter.table() + " " + what);
          }
        });
  }

  private static void dropped(Script script, Report report, Set<String> kinds) {
    script
        .all(DropObjects.class)
        .filter(drop -> kinds.contains(drop.kind()))
        .filter(drop -> drop.names().stream().anyMatch(name -> script.existed(name, drop)))
        .forEach(drop -> report.add(drop.line(), drop.summary()));
  }

  private static void renamed(Script script, Report report) {
    script
        .all(AlterTable.class)
        .filter(alter -> !alter.objectKind().equals("INDEX"))
        .filter(alter -> script.existed(alter.table(), alter))
        .forEach(
            alter ->
                alter.actions().stream()
                    .filter(
                        action ->
                            action.is(AlterAction.Kind.RENAME_TABLE)
                                || action.is(AlterAction.Kind.SET_SCHEMA))
                    .forEach(
                        action -> report.add(action.line(), alter.table() + " gets another name")));
    script
        .all(AlterObject.class)
        .filter(
            alter ->
                alter.change().startsWith("rename", "to")
                    || alter.change().startsWith("rename", "value")
                    || alter.change().startsWith("rename", "attribute")
                    || alter.change().startsWith("set", "schema"))
        .forEach(alter -> report.add(alter.line(), alter.summary() + " changes a name"));
  }

  private static void cascade(Script script, Report report) {
    script
        .all(DropObjects.class)
        .filter(drop -> drop.cascade())
        .forEach(drop -> report.add(drop.line(), drop.summary() + " … CASCADE"));
    script
        .all(AlterTable.class)
        .forEach(
            alter ->
                alter.actions().stream()
                    .filter(
                        action ->
                            action.is(AlterAction.Kind.DROP_COLUMN)
                                || action.is(AlterAction.Kind.DROP_CONSTRAINT))
                    .filter(action -> action.rest().hasOutside("cascade"))
                    .forEach(
                        action ->
                            report.add(action.line(), "DROP " + action.subject() + " … CASCADE")));
  }
}
