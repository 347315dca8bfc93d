package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.ColumnDefinition;
import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.Volatility;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Changes of the columns of a table that is in use. */
final class ColumnRules {
  private ColumnRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "volatile-default",
            "a default that differs from row to row, a serial or an identity rewrites the table"
                + " while nobody may read it",
            "Add the column without it, SET DEFAULT, and fill the rows in batches",
            ColumnRules::volatileDefault),
        error(
            "stored-generated-column",
            "a stored generated column rewrites the table while nobody may read it",
            "Add a plain column that a trigger fills, and fill the rows in batches",
            ColumnRules::storedGenerated),
        error(
            "required-column",
            "a NOT NULL column without a default is refused as soon as the table has a row",
            "Give it a constant default, or add it as nullable and make it NOT NULL later",
            ColumnRules::required),
        error(
            "set-not-null",
            "every row is read while nobody may read the table",
            "ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID, VALIDATE it in a later script,"
                + " then SET NOT NULL there, which the check spares the scan",
            ColumnRules::setNotNull),
        error(
            "column-type",
            "most changes of a type rewrite the table and its indexes while nobody may read it",
            "Add a new column, write both, fill the old rows in batches, then change over",
            (script, report) ->
                script.onExistingTables(
                    (alter, action) -> {
                      if (action.is(AlterAction.Kind.SET_TYPE)) {
                        report.add(
                            action.line(), "the type of " + column(alter, action) + " changes");
                      }
                    })),
        error(
            "table-rewrite",
            "the table is written again while nobody may read it",
            "Do it through a shadow table, or in a maintenance window and exempt the script",
            (script, report) ->
                script.onExistingTables(
                    (alter, action) -> {
                      if (action.is(AlterAction.Kind.MOVE_ROWS)
                          || action.is(AlterAction.Kind.SET_EXPRESSION)) {
                        report.add(action.line(), alter.table() + " is rewritten");
                      }
                    })));
  }

  static String column(AlterTable alter, AlterAction action) {
    return "column " + action.subject() + " of " + alter.table();
  }

  private static void volatileDefault(Script script, Report report) {
    script.onExistingTables(
        (alter, action) -> {
          ColumnDefinition column = action.column();
          if (column == null) {
            return;
          }
          if (column.serial() || column.identity()) {
            report.add(action.line(), column(alter, action) + " is numbered for every row");
          } else if (Volatility.mayDiffer(column.defaultValue())) {
            report.add(
                action.line(),
                column(alter, action) + " has a default that may differ from row to row");
          }
        });
  }

  private static void storedGenerated(Script script, Report report) {
    script.onExistingTables(
        (alter, action) -> {
          if (action.column() != null && action.column().stored()) {
            report.add(action.line(), column(alter, action) + " is computed for every row");
          }
        });
  }

  private static void required(Script script, Report report) {
    script.onExistingTables(
        (alter, action) -> {
          ColumnDefinition column = action.column();
          if (column != null
              && column.has(ConstraintDefinition.Kind.NOT_NULL)
              && column.generated().isEmpty()
              && !column.identity()
              && !column.serial()
              && (column.defaultValue().isEmpty() || column.defaultValue().startsWith("null"))) {
            report.add(action.line(), column(alter, action) + " is NOT NULL without a default");
          }
        });
  }

  /** A check that this very script validates counts; one of an earlier script cannot be seen. */
  private static void setNotNull(Script script, Report report) {
    Set<ObjectName> validated = new HashSet<>();
    script.onExistingTables(
        (alter, action) -> {
          ConstraintDefinition added = action.constraint();
          boolean scans =
              added != null
                  && added.kind() == ConstraintDefinition.Kind.NOT_NULL
                  && !added.notValid();
          if (action.is(AlterAction.Kind.VALIDATE_CONSTRAINT)) {
            validated.add(alter.table());
          } else if (scans
              || (action.is(AlterAction.Kind.SET_NOT_NULL) && !validated.contains(alter.table()))) {
            report.add(action.line(), alter.table() + " is read as a whole for NOT NULL");
          }
        });
  }
}
