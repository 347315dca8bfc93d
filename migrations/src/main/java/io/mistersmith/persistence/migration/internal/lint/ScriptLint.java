package io.mistersmith.persistence.migration.internal.lint;

import io.mistersmith.persistence.migration.internal.lint.LintHeader.Exemption;
import io.mistersmith.persistence.migration.internal.sql.ScriptSyntaxException;
import io.mistersmith.persistence.migration.report.Finding;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds the dangerous changes in a script, without a database. Stateless.
 *
 * <p>A script is exempt from a rule by a line in the comment at its head: {@code -- lint: allow
 * rule-name — the reason}. An exemption without a reason, of an unknown rule, or of one that finds
 * nothing, is a finding itself.
 *
 * <p>The rules cover those of squawk and strong_migrations, except these:
 *
 * <ul>
 *   <li>prefer-text-field, ban of char(1) alone: the length of a varchar can be raised without a
 *       rewrite since 9.2, and limits that callers rely on belong to the type.
 *   <li>prefer-robust-stmts in scripts that run in one transaction: nothing of a failed one
 *       remains. Where there is no transaction, {@code not-repeatable} asks for it.
 *   <li>require-timeout-settings: the runner sets lock_timeout and statement_timeout for each
 *       script; {@code lock-timeout} speaks up where a script takes them away.
 *   <li>prefer-bigint for columns that are no key, smallint: a count of attempts is no key.
 *   <li>The bans of squawk on ordinary changes (ban-create-policy, ban-revoke, ban-set-default,
 *       ban-alter-sequence and the rest of its rollback group): what an application of the version
 *       before can stand is not to be seen from a script. Removals and renames are found.
 *   <li>ban-duplicate-column-assignments, syntax-error: PostgreSQL refuses them itself.
 *   <li>require-enum-value-ordering: the order of values is a matter of taste.
 *   <li>Indexes of more than three columns: some queries need them, and nothing breaks.
 *   <li>Rules of strong_migrations about Active Record and about other databases.
 *   <li>Adding a column of a constrained domain rewrites a table; a script does not show which
 *       domains are. {@code domain-check} keeps such domains out.
 * </ul>
 */
public final class ScriptLint {
  private static final List<LintRule> RULES =
      Stream.of(
              ColumnRules.rules(),
              ConstraintRules.rules(),
              IndexRules.rules(),
              RemovalRules.rules(),
              TypeRules.rules(),
              TransactionRules.rules(),
              DataRules.rules(),
              PartitionRules.rules(),
              RoutineRules.rules(),
              NameRules.rules(),
              VerificationRules.rules())
          .flatMap(Collection::stream)
          .toList();

  private static final Map<String, LintRule> BY_NAME =
      RULES.stream().collect(Collectors.toUnmodifiableMap(LintRule::name, Function.identity()));

  private static final LintRule EXEMPTION =
      LintRule.error(
          "exemption",
          "an exemption that nobody understands or needs hides the next danger",
          "Write '-- lint: allow <rule> — <reason>' in the comment at the head, or remove it",
          (script, report) -> {});

  private static final LintRule UNREADABLE =
      LintRule.error(
          "unreadable",
          "what cannot be read cannot be applied",
          "Correct the SQL at that line",
          (script, report) -> {});

  private ScriptLint() {}

  /** All rules that can be exempted from, in the order in which they are checked. */
  public static List<LintRule> rules() {
    return RULES;
  }

  /**
   * Checks a script by itself.
   *
   * @param fileName its name; a name that begins with U and a digit is a way back
   * @param sql its text
   * @return what the rules speak against, by line; empty when the script is clean or exempt
   */
  public static List<Finding> check(String fileName, String sql) {
    try {
      return check(new Script(fileName, sql, KnownTables.NONE));
    } catch (ScriptSyntaxException e) {
      return List.of(unreadable(fileName, e));
    }
  }

  static Finding unreadable(String fileName, ScriptSyntaxException e) {
    return new Finding(
        UNREADABLE.name(), UNREADABLE.severity(), fileName, e.line(), e.reason(), UNREADABLE.fix());
  }

  static List<Finding> check(Script script) {
    Map<String, List<Finding>> byRule =
        RULES.stream().collect(Collectors.toMap(LintRule::name, rule -> run(rule, script)));
    List<Finding> findings = new ArrayList<>();
    for (Exemption exemption : script.header().exemptions()) {
      judge(exemption, byRule, script, findings);
    }
    for (int line : script.header().misplaced()) {
      String message = "this exemption is behind the head of the script, where it has no effect";
      findings.add(EXEMPTION.finding(script, line, message));
    }
    List<String> allowed = script.header().exemptions().stream().map(Exemption::rule).toList();
    byRule.forEach((rule, found) -> findings.addAll(allowed.contains(rule) ? List.of() : found));
    findings.sort(Comparator.comparingInt(Finding::line).thenComparing(Finding::rule));
    return List.copyOf(findings);
  }

  private static List<Finding> run(LintRule rule, Script script) {
    List<Finding> findings = new ArrayList<>();
    rule.check(script, (line, message) -> findings.add(rule.finding(script, line, message)));
    return findings;
  }

  private static void judge(
      Exemption exemption,
      Map<String, List<Finding>> byRule,
      Script script,
      List<Finding> findings) {
    String message = null;
    if (exemption.rule().isEmpty()) {
      message = "this is not an exemption that can be read";
    } else if (!BY_NAME.containsKey(exemption.rule())) {
      message = "there is no rule " + exemption.rule();
    } else if (exemption.reason().isEmpty()) {
      message = "the exemption from " + exemption.rule() + " gives no reason";
    } else if (byRule.getOrDefault(exemption.rule(), List.of()).isEmpty()) {
      message = "the exemption from " + exemption.rule() + " is not needed";
    }
    if (message != null) {
      findings.add(EXEMPTION.finding(script, exemption.line(), message));
    }
  }
}
