package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;
import static io.mistersmith.persistence.migration.internal.lint.LintRule.warning;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition;
import io.mistersmith.persistence.migration.internal.sql.CreateIndex;
import io.mistersmith.persistence.migration.internal.sql.CreateRoutine;
import io.mistersmith.persistence.migration.internal.sql.CreateTable;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.Token;
import io.mistersmith.persistence.migration.internal.sql.TokenSequence;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;

/** Tables in partitions. */
final class PartitionRules {
  private static final Pattern MOMENT =
      Pattern.compile("\\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+)?\\s*");

  private PartitionRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "partition-key-missing",
            "PostgreSQL refuses a primary key or a unique constraint of a partitioned table that"
                + " leaves out a column of the partition key (0A000)",
            "Add the columns of the partition key to it",
            PartitionRules::keyMissing),
        error(
            "partition-bound-time-zone",
            "a moment without an offset follows the time zone of the session that runs the script: bounds"
                + " of two runs leave a gap or overlap",
            "Write the offset ('2026-01-01 00:00:00+00'), or compute the bound AT TIME ZONE 'UTC'",
            PartitionRules::bounds),
        warning(
            "detach-not-concurrent",
            "nobody may read the whole table while the partition is detached",
            "DETACH PARTITION … CONCURRENTLY in a script that says '-- transactional: no'; it needs"
                + " a table without a default partition",
            (script, report) ->
                script.onExistingTables(
                    (alter, action) -> {
                      if (action.is(AlterAction.Kind.DETACH_PARTITION)) {
                        report.add(
                            action.line(), action.subject() + " is detached from " + alter.table());
                      }
                    })));
  }

  private static void keyMissing(Script script, Report report) {
    script
        .all(CreateTable.class)
        .forEach(table -> table.constraints().forEach(c -> check(script, table.name(), c, report)));
    script
        .all(AlterTable.class)
        .forEach(
            alter ->
                alter.actions().stream()
                    .map(AlterAction::constraint)
                    .filter(Objects::nonNull)
                    .filter(constraint -> !constraint.usingIndex())
                    .forEach(c -> check(script, alter.table(), c, report)));
    script
        .all(CreateIndex.class)
        .filter(CreateIndex::unique)
        .forEach(
            index -> {
              List<String> columns = index.keys().stream().map(KnownTables::column).toList();
              check(script, index.table(), columns, index.line(), report);
            });
  }

  private static void check(
      Script script, ObjectName table, ConstraintDefinition constraint, Report report) {
    if (constraint.isKey()) {
      check(script, table, constraint.columns(), constraint.line(), report);
    }
  }

  private static void check(
      Script script, ObjectName table, List<String> columns, int line, Report report) {
    script
        .tables()
        .partitionKey(table)
        .ifPresent(
            key -> {
              boolean covered =
                  key.stream().allMatch(part -> columns.contains(KnownTables.column(part)));
              if (!covered) {
                report.add(line, "a key of " + table + " leaves out a part of its partition key");
              }
            });
  }

  private static void bounds(Script script, Report report) {
    script
        .all(CreateTable.class)
        .forEach(
            table -> {
              if (table.partitionOf() != null) {
                moments(script, table.partitionOf(), table.bounds(), report);
              }
            });
    script
        .all(AlterTable.class)
        .forEach(
            alter ->
                alter.actions().stream()
                    .filter(action -> action.is(AlterAction.Kind.ATTACH_PARTITION))
                    .forEach(a -> moments(script, alter.table(), a.rest(), report)));
    script.all(CreateRoutine.class).forEach(routine -> computed(routine, report));
  }

  private static void moments(
      Script script, ObjectName parent, TokenSequence bounds, Report report) {
    boolean ofDays =
        script
            .tables()
            .partitionKey(parent)
            .filter(key -> key.size() == 1)
            .map(key -> script.tables().typeOf(parent, KnownTables.column(key.get(0))))
            .filter(type -> !type.isEmpty() && !type.equals("timestamptz"))
            .isPresent();
    if (!ofDays) {
      bounds.tokens().stream()
          .filter(token -> token.isString() && MOMENT.matcher(token.content()).matches())
          .forEach(token -> report.add(token.line(), token.text() + " has no offset"));
    }
  }

  /** A function that makes partitions, cuts time, and neither pins its zone nor names one. */
  private static void computed(CreateRoutine routine, Report report) {
    boolean partitions =
        routine.body().tokens().stream()
            .anyMatch(token -> token.isString() && makesPartition(token.content()));
    boolean cutsTime =
        routine.body().calls(name -> name.equals("date_trunc")) || castsToDate(routine.body());
    boolean pinned =
        routine.options().has("timezone")
            || routine.options().has("time", "zone")
            || routine.body().has("time", "zone")
            || routine.body().has("timezone")
            || routine.body().tokens().stream()
                .anyMatch(t -> t.isString() && t.content().equals("UTC"));
    if (partitions && cutsTime && !pinned) {
      report.add(routine.line(), routine.summary() + " cuts time in the session's zone");
    }
  }

  private static boolean makesPartition(String text) {
    String upper = text.toUpperCase(Locale.ROOT);
    return upper.contains("FOR VALUES FROM") || upper.contains("PARTITION OF");
  }

  private static boolean castsToDate(TokenSequence body) {
    List<Token> tokens = body.tokens();
    for (int i = 0; i + 1 < tokens.size(); i++) {
      if (tokens.get(i).isSymbol("::") && tokens.get(i + 1).is("date")) {
        return true;
      }
    }
    return false;
  }
}
