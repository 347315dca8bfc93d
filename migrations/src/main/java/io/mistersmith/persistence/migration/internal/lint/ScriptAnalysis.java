package io.mistersmith.persistence.migration.internal.lint;

import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.DropObjects;
import io.mistersmith.persistence.migration.internal.sql.LockMode;
import io.mistersmith.persistence.migration.internal.sql.Maintenance;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import io.mistersmith.persistence.migration.internal.sql.TableLock;
import io.mistersmith.persistence.migration.internal.sql.TableWork;
import io.mistersmith.persistence.migration.report.Finding;
import io.mistersmith.persistence.migration.report.Finding.Severity;
import io.mistersmith.persistence.migration.report.PlannedMigration.Risk;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The analysis of a script before it runs. Immutable.
 *
 * @param fileName the script
 * @param statements its statements
 * @param tableLocks each lock on a relation that it did not make itself, in order
 * @param locks the strongest lock on each such relation, by the relation's name
 * @param risk what it may do to others while it runs
 * @param findings the findings of the rules, without those that are exempt
 * @param canRunInTransaction whether every statement of it runs within a transaction
 * @param declaredTransactional whether its head leaves it in a transaction
 */
public record ScriptAnalysis(
    String fileName,
    List<StatementFacts> statements,
    List<TableLock> tableLocks,
    Map<String, LockMode> locks,
    Risk risk,
    List<Finding> findings,
    boolean canRunInTransaction,
    boolean declaredTransactional) {

  /** Copies what it is given. */
  public ScriptAnalysis {
    statements = List.copyOf(statements);
    tableLocks = List.copyOf(tableLocks);
    locks = Collections.unmodifiableMap(new TreeMap<>(locks));
    findings = List.copyOf(findings);
  }

  /**
   * Analyses a script by itself.
   *
   * @param fileName its name, for the messages; one that begins with U and a digit is a way back
   * @param sql its text
   * @throws io.mistersmith.persistence.migration.internal.sql.ScriptSyntaxException when it cannot
   *     be read
   */
  public static ScriptAnalysis of(String fileName, String sql) {
    return of(fileName, sql, List.of());
  }

  /**
   * Analyses a script that comes after others, whose tables it may speak of.
   *
   * @param fileName its name, for the messages
   * @param sql its text
   * @param earlier the scripts that are applied before it, in order
   * @throws io.mistersmith.persistence.migration.internal.sql.ScriptSyntaxException when it cannot
   *     be read
   */
  public static ScriptAnalysis of(String fileName, String sql, List<ScriptAnalysis> earlier) {
    KnownTables known = KnownTables.NONE;
    for (ScriptAnalysis before : earlier) {
      known = known.plus(before.statements());
    }
    Script script = new Script(fileName, sql, known);
    List<TableLock> tableLocks = script.locksOnExisting().toList();
    List<Finding> findings = ScriptLint.check(script);
    return new ScriptAnalysis(
        fileName,
        script.statements(),
        tableLocks,
        strongest(tableLocks),
        risk(script, tableLocks, findings),
        findings,
        script.statements().stream().allMatch(StatementFacts::transactional),
        script.header().transactional());
  }

  /** {@link #locks()} as PostgreSQL's documentation writes them. */
  public Map<String, String> lockLabels() {
    Map<String, String> labels = new TreeMap<>();
    locks.forEach((relation, mode) -> labels.put(relation, mode.label()));
    return labels;
  }

  private static Map<String, LockMode> strongest(List<TableLock> locks) {
    Map<String, LockMode> modes = new TreeMap<>();
    for (TableLock lock : locks) {
      modes.merge(lock.relation().toString(), lock.mode(), (a, b) -> a.compareTo(b) >= 0 ? a : b);
    }
    return modes;
  }

  private static Risk risk(Script script, List<TableLock> locks, List<Finding> findings) {
    Risk risk = Risk.NONE;
    for (TableLock lock : locks) {
      risk = risk.or(riskOf(lock));
    }
    long exclusive =
        locks.stream()
            .filter(lock -> lock.mode() == LockMode.ACCESS_EXCLUSIVE)
            .map(TableLock::relation)
            .distinct()
            .count();
    if (exclusive > 1) {
      risk = risk.or(Risk.MEDIUM);
    }
    if (losesRows(script) || findings.stream().anyMatch(f -> f.severity() == Severity.ERROR)) {
      risk = Risk.HIGH;
    }
    return risk;
  }

  private static Risk riskOf(TableLock lock) {
    if (!lock.mode().blocksWrites()) {
      return lock.work() == TableWork.REWRITE
          ? Risk.MEDIUM
          : lock.work() == TableWork.SCAN ? Risk.LOW : Risk.NONE;
    }
    if (lock.work() == TableWork.NONE) {
      return Risk.LOW;
    }
    return lock.mode().blocksReads() ? Risk.HIGH : Risk.MEDIUM;
  }

  private static boolean losesRows(Script script) {
    AtomicBoolean loses = new AtomicBoolean();
    script.onExistingTables(
        (alter, action) -> loses.compareAndSet(false, action.is(AlterAction.Kind.DROP_COLUMN)));
    boolean drops =
        script
            .all(DropObjects.class)
            .filter(drop -> drop.ofKind("TABLE") || drop.ofKind("SCHEMA"))
            .anyMatch(drop -> drop.names().stream().anyMatch(name -> script.existed(name, drop)));
    boolean truncates =
        script
            .all(Maintenance.class)
            .anyMatch(m -> m.verb() == Maintenance.Verb.TRUNCATE && existed(script, m));
    return loses.get() || drops || truncates;
  }

  private static boolean existed(Script script, Maintenance maintenance) {
    for (ObjectName relation : maintenance.relations()) {
      if (script.existed(relation, maintenance)) {
        return true;
      }
    }
    return false;
  }
}
