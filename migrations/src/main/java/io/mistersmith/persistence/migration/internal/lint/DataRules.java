package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;
import static io.mistersmith.persistence.migration.internal.lint.LintRule.warning;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.ColumnDefinition;
import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition;
import io.mistersmith.persistence.migration.internal.sql.CreateIndex;
import io.mistersmith.persistence.migration.internal.sql.CreateTable;
import io.mistersmith.persistence.migration.internal.sql.DataChange;
import io.mistersmith.persistence.migration.internal.sql.LockMode;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.SetParameter;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import io.mistersmith.persistence.migration.internal.sql.Volatility;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Changes of rows, and conditions that rows must meet. */
final class DataRules {
  private DataRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "unbatched-change",
            "one UPDATE or DELETE of all rows holds each of them until the end, and leaves as many"
                + " dead ones",
            "Change the rows in batches, each committed, or TRUNCATE",
            (script, report) ->
                script
                    .all(DataChange.class)
                    .filter(change -> change.ofWholeTable())
                    .filter(change -> script.existed(change.table(), change))
                    .forEach(
                        change -> report.add(change.line(), change.summary() + " has no WHERE"))),
        warning(
            "change-with-exclusive-lock",
            "nobody may read the table until the rows are changed, since the lock of ALTER TABLE is"
                + " kept to the end of the transaction",
            "Change the rows in a script of its own",
            DataRules::changeUnderLock),
        error(
            "disabled-trigger",
            "what the trigger keeps right, a foreign key for one, is wrong afterwards",
            "Leave the triggers on",
            DataRules::disabledTrigger),
        error(
            "time-dependent-condition",
            "a condition that depends on the clock is true when it is written and false later:"
                + " updates fail, and so does pg_restore; in an index it is refused",
            "Compare with the clock in the query, or in a trigger",
            DataRules::timeDependent));
  }

  private static void changeUnderLock(Script script, Report report) {
    if (!script.header().transactional()) {
      return;
    }
    Set<ObjectName> locked = new HashSet<>();
    for (StatementFacts facts : script.statements()) {
      boolean changes =
          facts instanceof DataChange change
              && !change.verb().equals("INSERT")
              && locked.contains(change.table());
      if (changes) {
        report.add(facts.line(), facts.summary() + " after its table was altered");
      }
      facts.locks().stream()
          .filter(lock -> lock.mode() == LockMode.ACCESS_EXCLUSIVE)
          .filter(lock -> script.existed(lock.relation(), facts))
          .forEach(lock -> locked.add(lock.relation()));
    }
  }

  private static void disabledTrigger(Script script, Report report) {
    script.onExistingTables(
        (alter, action) -> {
          if (action.is(AlterAction.Kind.DISABLE_TRIGGER)) {
            report.add(action.line(), "a trigger of " + alter.table() + " is disabled");
          }
        });
    script
        .all(SetParameter.class)
        .filter(set -> set.name().equals("session_replication_role"))
        .filter(set -> set.value().has("replica") || !set.value().has("origin"))
        .filter(set -> !set.tokens().startsWith("reset"))
        .forEach(set -> report.add(set.line(), "session_replication_role disables triggers"));
  }

  private static void timeDependent(Script script, Report report) {
    script
        .all(CreateTable.class)
        .forEach(
            table -> {
              table.constraints().forEach(constraint -> check(constraint, report));
              table.columns().forEach(column -> check(column, report));
            });
    script
        .all(AlterTable.class)
        .flatMap(alter -> alter.actions().stream())
        .forEach(
            action -> {
              if (action.constraint() != null) {
                check(action.constraint(), report);
              }
              if (action.column() != null) {
                check(action.column(), report);
                action.column().constraints().forEach(c -> check(c, report));
              }
            });
    script
        .all(CreateIndex.class)
        .filter(
            index ->
                Volatility.dependsOnTime(index.predicate())
                    || index.keys().stream().anyMatch(Volatility::dependsOnTime))
        .forEach(index -> report.add(index.line(), "index " + index.name() + " asks the clock"));
  }

  private static void check(ConstraintDefinition constraint, Report report) {
    if (constraint.kind() == ConstraintDefinition.Kind.CHECK
        && Volatility.dependsOnTime(constraint.body())) {
      report.add(constraint.line(), "a CHECK asks the clock");
    }
  }

  private static void check(ColumnDefinition column, Report report) {
    if (Volatility.dependsOnTime(column.generated())) {
      report.add(column.line(), "generated column " + column.name() + " asks the clock");
    }
  }
}
