package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;
import static io.mistersmith.persistence.migration.internal.lint.LintRule.warning;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.AlterObject;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.CreateIndex;
import io.mistersmith.persistence.migration.internal.sql.CreateRoutine;
import io.mistersmith.persistence.migration.internal.sql.CreateTable;
import io.mistersmith.persistence.migration.internal.sql.CreateView;
import io.mistersmith.persistence.migration.internal.sql.DropObjects;
import io.mistersmith.persistence.migration.internal.sql.LockMode;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.SetParameter;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import io.mistersmith.persistence.migration.internal.sql.TableLock;
import io.mistersmith.persistence.migration.internal.sql.Token;
import io.mistersmith.persistence.migration.internal.sql.TokenSequence;
import io.mistersmith.persistence.migration.internal.sql.TransactionControl;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a script and its transaction get along. */
final class TransactionRules {
  private static final long LONGEST_LOCK_WAIT_MILLIS = 60_000;

  private TransactionRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "not-in-transaction",
            "PostgreSQL refuses the statement in a transaction, in which the script runs",
            "Put it into a script of its own that says '-- transactional: no' in its head",
            TransactionRules::outside),
        error(
            "not-repeatable",
            "a script without a transaction may stop half-way, and is run again",
            "Use IF [NOT] EXISTS, OR REPLACE, or drop it first",
            TransactionRules::notRepeatable),
        error(
            "transaction-control",
            "the runner, Flyway and psql -1 begin and commit: a COMMIT in the script tears it in"
                + " two, of which the first half remains when the second fails",
            "Leave it out; a script that needs no transaction says '-- transactional: no'",
            TransactionRules::control),
        error(
            "enum-value-in-use",
            "a new value of an enum cannot be used in the transaction that adds it (55P04)",
            "Use it in a later script",
            TransactionRules::enumValue),
        warning(
                "several-exclusive-locks",
                "the locks are kept to the end of the transaction: readers of all the tables wait"
                    + " for the slowest, and may deadlock with it",
                "Use a script for each table",
                TransactionRules::several)
            .forwardOnly(),
        error(
            "lock-timeout",
            "a session that waits for a strong lock blocks all behind it; the runner bounds that"
                + " wait, unless the script undoes it",
            "Leave lock_timeout alone, or set it to a few seconds",
            TransactionRules::lockTimeout),
        warning(
            "session-setting",
            "the setting stays with the session, for later scripts and for the next user of the"
                + " connection from the pool",
            "Use SET LOCAL, or RESET it at the end of a script without a transaction",
            TransactionRules::sessionSetting));
  }

  private static void outside(Script script, Report report) {
    if (script.header().transactional()) {
      script.statements().stream()
          .filter(facts -> !facts.transactional())
          .forEach(facts -> report.add(facts.line(), facts.summary()));
    }
  }

  private static void notRepeatable(Script script, Report report) {
    if (script.header().transactional()) {
      return;
    }
    Set<String> dropped = new HashSet<>();
    for (StatementFacts facts : script.statements()) {
      if (facts instanceof DropObjects drop) {
        drop.names().forEach(name -> dropped.add(name.name()));
      }
      if (!repeatable(facts, dropped)) {
        report.add(facts.line(), facts.summary() + " fails when it is run again");
      }
    }
  }

  private static boolean repeatable(StatementFacts facts, Set<String> dropped) {
    if (facts instanceof DropObjects drop) {
      return drop.ifExists();
    }
    if (facts instanceof CreateIndex index) {
      return index.ifNotExists() || dropped.contains(index.name());
    }
    if (facts instanceof CreateTable table) {
      return table.ifNotExists() || dropped.contains(table.name().name());
    }
    if (facts instanceof CreateRoutine routine) {
      return routine.anonymous() || routine.replace() || dropped.contains(routine.name().name());
    }
    return !(facts instanceof AlterTable alter)
        || alter.actions().stream()
            .allMatch(
                action -> action.column() == null || alter.tokens().has("if", "not", "exists"));
  }

  private static void control(Script script, Report report) {
    script
        .all(TransactionControl.class)
        .forEach(control -> report.add(control.line(), control.verb().toUpperCase(Locale.ROOT)));
    script
        .all(CreateRoutine.class)
        .filter(CreateRoutine::anonymous)
        .filter(block -> block.body().has("commit") || block.body().has("rollback"))
        .forEach(block -> report.add(block.line(), "a DO block that commits or rolls back"));
  }

  private static void enumValue(Script script, Report report) {
    if (!script.header().transactional()) {
      return;
    }
    Set<String> added = new HashSet<>();
    for (StatementFacts facts : script.statements()) {
      if (facts instanceof AlterObject alter && alter.change().startsWith("add", "value")) {
        alter.change().tokens().stream()
            .filter(Token::isString)
            .findFirst()
            .ifPresent(value -> added.add(value.content()));
      } else {
        facts.tokens().tokens().stream()
            .filter(token -> token.isString() && added.contains(token.content()))
            .forEach(token -> report.add(token.line(), "the new value " + token.text()));
      }
    }
  }

  private static void several(Script script, Report report) {
    if (!script.header().transactional()) {
      return;
    }
    Map<ObjectName, Integer> tables = new LinkedHashMap<>();
    for (StatementFacts facts : script.statements()) {
      boolean ofTable =
          facts instanceof AlterTable alter
              ? alter.ofTable()
              : !(facts instanceof CreateView)
                  && !(facts instanceof DropObjects drop
                      && drop.on() == null
                      && !drop.ofKind("TABLE"));
      for (TableLock lock : ofTable ? facts.locks() : List.<TableLock>of()) {
        if (lock.mode() == LockMode.ACCESS_EXCLUSIVE && script.existed(lock.relation(), facts)) {
          tables.putIfAbsent(lock.relation(), lock.line());
        }
      }
    }
    if (tables.size() > 1) {
      List<Integer> lines = List.copyOf(tables.values());
      report.add(
          lines.get(1),
          "nobody may read %d tables until the end: %s".formatted(tables.size(), tables.keySet()));
    }
  }

  private static void lockTimeout(Script script, Report report) {
    script
        .all(SetParameter.class)
        .filter(set -> set.name().equals("lock_timeout"))
        .filter(set -> !bounded(set.value()))
        .forEach(set -> report.add(set.line(), "lock_timeout is taken away or too long"));
  }

  private static boolean bounded(TokenSequence value) {
    String text = value.tokens().stream().map(Token::content).reduce("", String::concat).strip();
    Matcher matcher = Pattern.compile("([0-9]+)\\s*(ms|s|min|)").matcher(text);
    if (!matcher.matches()) {
      return false;
    }
    long factor =
        switch (matcher.group(2)) {
          case "s" -> 1_000;
          case "min" -> 60_000;
          default -> 1;
        };
    long millis = Long.parseLong(matcher.group(1)) * factor;
    return millis > 0 && millis <= LONGEST_LOCK_WAIT_MILLIS;
  }

  private static void sessionSetting(Script script, Report report) {
    Map<String, Integer> open = new LinkedHashMap<>();
    script
        .all(SetParameter.class)
        .filter(set -> !set.local())
        .forEach(
            set -> {
              if (set.tokens().startsWith("reset")) {
                open.remove(set.name());
              } else {
                open.putIfAbsent(set.name(), set.line());
              }
            });
    open.forEach((name, line) -> report.add(line, name + " is set for the session"));
  }
}
