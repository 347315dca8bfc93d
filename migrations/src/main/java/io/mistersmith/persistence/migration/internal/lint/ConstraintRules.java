package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** Constraints that come to a table that is in use. */
final class ConstraintRules {
  private ConstraintRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "constraint-not-valid",
            "all rows are checked while nobody may write the table, or the one it refers to",
            "Add it as NOT VALID (a foreign key of a partitioned table can be from PostgreSQL 18 on),"
                + " and VALIDATE CONSTRAINT in a script of its own",
            ConstraintRules::notValid),
        error(
            "validate-in-same-transaction",
            "the strong lock of ADD CONSTRAINT is kept to the end of the transaction, while all"
                + " rows are checked",
            "Put VALIDATE CONSTRAINT into a script of its own",
            ConstraintRules::validatedAtOnce),
        error(
            "unique-without-index",
            "the index is built while nobody may read the table",
            "CREATE UNIQUE INDEX CONCURRENTLY in a script of its own, then ADD CONSTRAINT … UNIQUE"
                + " USING INDEX",
            (script, report) -> withoutIndex(script, report, ConstraintDefinition.Kind.UNIQUE)),
        error(
            "primary-key-without-index",
            "the index is built, and NOT NULL checked, while nobody may read the table",
            "Make the columns NOT NULL by way of a check, CREATE UNIQUE INDEX CONCURRENTLY, then"
                + " ADD CONSTRAINT … PRIMARY KEY USING INDEX",
            (script, report) ->
                withoutIndex(script, report, ConstraintDefinition.Kind.PRIMARY_KEY)),
        error(
            "exclusion-constraint",
            "its index cannot be built concurrently: nobody may read the table meanwhile",
            "Add it when the table is created, or through a shadow table",
            (script, report) -> withoutIndex(script, report, ConstraintDefinition.Kind.EXCLUDE)));
  }

  private static void notValid(Script script, Report report) {
    onNew(
        script,
        (alter, constraint) -> {
          boolean checked =
              constraint.kind() == ConstraintDefinition.Kind.CHECK
                  || constraint.kind() == ConstraintDefinition.Kind.FOREIGN_KEY;
          if (checked && !constraint.notValid()) {
            report.add(
                constraint.line(), "a constraint of " + alter.table() + " is checked at once");
          }
        });
  }

  private static void withoutIndex(Script script, Report report, ConstraintDefinition.Kind kind) {
    onNew(
        script,
        (alter, constraint) -> {
          if (constraint.kind() == kind && !constraint.usingIndex()) {
            report.add(
                constraint.line(), alter.table() + " gets a constraint that builds an index");
          }
        });
  }

  private static void validatedAtOnce(Script script, Report report) {
    if (!script.header().transactional()) {
      return;
    }
    Set<String> added = new HashSet<>();
    script.onExistingTables(
        (alter, action) -> {
          String name = alter.table() + " " + action.subject();
          if (action.is(AlterAction.Kind.ADD_CONSTRAINT)) {
            added.add(name);
          } else if (action.is(AlterAction.Kind.VALIDATE_CONSTRAINT) && added.contains(name)) {
            report.add(
                action.line(),
                action.subject() + " of " + alter.table() + " is validated where it is added");
          }
        });
  }

  private static void onNew(Script script, BiConsumer<AlterTable, ConstraintDefinition> consumer) {
    script.onExistingTables(
        (alter, action) -> {
          if (action.constraint() != null) {
            consumer.accept(alter, action.constraint());
          }
          if (action.column() != null) {
            action.column().constraints().forEach(c -> consumer.accept(alter, c));
          }
        });
  }
}
