package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;
import static io.mistersmith.persistence.migration.internal.lint.LintRule.warning;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition;
import io.mistersmith.persistence.migration.internal.sql.CreateIndex;
import io.mistersmith.persistence.migration.internal.sql.CreateTable;
import io.mistersmith.persistence.migration.internal.sql.DropObjects;
import io.mistersmith.persistence.migration.internal.sql.Maintenance;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.TokenCursor;
import io.mistersmith.persistence.migration.internal.sql.TokenSequence;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Indexes: how they are built and removed, and what may stand in them. */
final class IndexRules {
  private static final Set<String> WIDE =
      Set.of("json", "jsonb", "text", "bytea", "xml", "vector", "tsvector");
  private static final Set<Maintenance.Verb> STOPPING =
      EnumSet.of(Maintenance.Verb.VACUUM_FULL, Maintenance.Verb.CLUSTER);

  private IndexRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "index-not-concurrent",
            "nobody may write the table while its index is built",
            "CREATE INDEX CONCURRENTLY in a script that says '-- transactional: no'; of a"
                + " partitioned table: ON ONLY the parent, CONCURRENTLY for each partition, ATTACH",
            IndexRules::notConcurrent),
        warning(
                "index-drop-not-concurrent",
                "while an index is dropped, reads of its table wait, too",
                "DROP INDEX CONCURRENTLY in a script that says '-- transactional: no'",
                IndexRules::dropNotConcurrent)
            .forwardOnly(),
        error(
            "reindex-not-concurrent",
            "nobody may write the table, or read by the index, while it is rebuilt",
            "REINDEX … CONCURRENTLY in a script that says '-- transactional: no'",
            (script, report) -> maintenance(script, report, Maintenance.Verb.REINDEX)),
        error(
            "vacuum-full",
            "VACUUM FULL and CLUSTER rewrite the table while nobody may read it",
            "Let autovacuum do its work, or use a tool that repacks the table beside its readers",
            (script, report) -> STOPPING.forEach(verb -> maintenance(script, report, verb))),
        warning(
            "refresh-not-concurrent",
            "nobody may read the view while it is filled",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY, which needs a unique index on the view",
            (script, report) -> maintenance(script, report, Maintenance.Verb.REFRESH)),
        error(
            "wide-include",
            "an index entry holds 2,704 bytes at most: a longer value is refused, so that the"
                + " write itself fails",
            "Leave the column out of INCLUDE",
            IndexRules::wideInclude));
  }

  private static void notConcurrent(Script script, Report report) {
    script
        .all(CreateIndex.class)
        .filter(index -> !index.concurrently() && !index.only())
        .filter(index -> script.existed(index.table(), index))
        .forEach(
            index ->
                report.add(index.line(), "the index " + index.name() + " of " + index.table()));
  }

  private static void dropNotConcurrent(Script script, Report report) {
    script
        .all(DropObjects.class)
        .filter(drop -> drop.ofKind("INDEX") && !drop.concurrently())
        .filter(drop -> drop.names().stream().anyMatch(name -> script.existed(name, drop)))
        .forEach(drop -> report.add(drop.line(), "the index " + drop.names().get(0)));
  }

  private static void maintenance(Script script, Report report, Maintenance.Verb verb) {
    script
        .all(Maintenance.class)
        .filter(m -> m.verb() == verb)
        .filter(
            m ->
                m.relations().isEmpty()
                    || m.relations().stream().anyMatch(name -> script.existed(name, m)))
        .forEach(m -> report.add(m.line(), m.summary()));
  }

  private static void wideInclude(Script script, Report report) {
    script
        .all(CreateIndex.class)
        .filter(index -> index.method().equals("btree"))
        .forEach(
            index ->
                index.included().stream()
                    .filter(c -> WIDE.contains(script.tables().typeOf(index.table(), c)))
                    .forEach(
                        c ->
                            report.add(
                                index.line(), "index " + index.name() + " includes column " + c)));
    script
        .all(CreateTable.class)
        .forEach(
            table ->
                table
                    .tableConstraints()
                    .forEach(
                        constraint -> wideKeyColumns(script, table.name(), constraint, report)));
  }

  private static void wideKeyColumns(
      Script script, ObjectName table, ConstraintDefinition constraint, Report report) {
    if (!constraint.isKey()) {
      return;
    }
    TokenCursor include = new TokenCursor(constraint.body().after("include"));
    for (TokenSequence part : include.parenthesised().byComma()) {
      String column = new TokenCursor(part).word();
      if (WIDE.contains(script.tables().typeOf(table, column))) {
        report.add(constraint.line(), "a key of " + table + " includes column " + column);
      }
    }
  }
}
