package io.mistersmith.persistence.migration.internal.lint;

import static io.mistersmith.persistence.migration.internal.lint.LintRule.error;
import static io.mistersmith.persistence.migration.internal.lint.LintRule.warning;

import io.mistersmith.persistence.migration.internal.lint.LintRule.Report;
import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.ConstraintDefinition;
import io.mistersmith.persistence.migration.internal.sql.CreateDomain;
import io.mistersmith.persistence.migration.internal.sql.CreateIndex;
import io.mistersmith.persistence.migration.internal.sql.CreateRoutine;
import io.mistersmith.persistence.migration.internal.sql.CreateTable;
import io.mistersmith.persistence.migration.internal.sql.CreateTrigger;
import io.mistersmith.persistence.migration.internal.sql.CreateView;
import io.mistersmith.persistence.migration.internal.sql.DataChange;
import io.mistersmith.persistence.migration.internal.sql.DropObjects;
import io.mistersmith.persistence.migration.internal.sql.Maintenance;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.OtherStatement;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/** The names of things. */
final class NameRules {
  private static final int LONGEST = 63;

  private NameRules() {}

  static List<LintRule> rules() {
    return List.of(
        error(
            "unqualified-name",
            "where a name without a schema leads depends on the search path of the session that runs the"
                + " script",
            "Write schema.name",
            NameRules::unqualified),
        error(
            "identifier-too-long",
            "PostgreSQL cuts a name after 63 bytes without a word",
            "Shorten it",
            NameRules::tooLong),
        warning(
            "unnamed-constraint",
            "programs tell errors apart by the name of the constraint, and the way back needs it",
            "Write CONSTRAINT name before it",
            NameRules::unnamed),
        error(
            "flyway-placeholder",
            "Flyway replaces ${…} everywhere, or fails where it has no value for it",
            "Write it in two pieces",
            NameRules::placeholder));
  }

  private static void unqualified(Script script, Report report) {
    for (StatementFacts facts : script.statements()) {
      names(facts).stream()
          .filter(name -> !name.qualified() && !name.name().isEmpty())
          .forEach(name -> report.add(facts.line(), name + " has no schema"));
    }
  }

  private static List<ObjectName> names(StatementFacts facts) {
    List<ObjectName> names = new ArrayList<>();
    if (facts instanceof CreateTable table) {
      boolean temporary = table.temporary();
      names.addAll(temporary ? List.of() : List.of(table.name()));
      table
          .constraints()
          .map(ConstraintDefinition::references)
          .filter(Objects::nonNull)
          .forEach(names::add);
      names.addAll(table.parents());
      if (table.partitionOf() != null) {
        names.add(table.partitionOf());
      }
    } else if (facts instanceof AlterTable alter) {
      names.add(alter.table());
      for (AlterAction action : alter.actions()) {
        if (action.other() != null) {
          names.add(action.other());
        }
        if (action.constraint() != null && action.constraint().references() != null) {
          names.add(action.constraint().references());
        }
      }
    } else if (facts instanceof CreateIndex index) {
      names.add(index.table());
    } else if (facts instanceof CreateRoutine routine) {
      names.add(routine.name());
    } else if (facts instanceof CreateTrigger trigger) {
      names.add(trigger.table());
      names.add(trigger.function());
    } else if (facts instanceof DropObjects drop) {
      names.addAll(dropped(drop));
    } else if (facts instanceof CreateView view) {
      names.add(view.name());
    } else if (facts instanceof CreateDomain domain) {
      names.add(domain.name());
    } else if (facts instanceof DataChange change) {
      names.add(change.table());
    } else if (facts instanceof Maintenance maintenance) {
      names.addAll(maintenance.relations());
    } else if (facts instanceof OtherStatement other) {
      names.addAll(other.creates());
      other.locks().forEach(lock -> names.add(lock.relation()));
    }
    return names;
  }

  private static List<ObjectName> dropped(DropObjects drop) {
    if (drop.on() != null) {
      return List.of(drop.on());
    }
    Set<String> inSchema =
        Set.of(
            "TABLE",
            "INDEX",
            "VIEW",
            "MATERIALIZED VIEW",
            "SEQUENCE",
            "FUNCTION",
            "PROCEDURE",
            "AGGREGATE",
            "TYPE",
            "DOMAIN",
            "FOREIGN TABLE");
    return inSchema.contains(drop.kind()) ? drop.names() : List.of();
  }

  private static void tooLong(Script script, Report report) {
    for (StatementFacts facts : script.statements()) {
      facts.tokens().tokens().stream()
          .filter(token -> token.isName())
          .filter(token -> token.name().getBytes(StandardCharsets.UTF_8).length > LONGEST)
          .forEach(token -> report.add(token.line(), "the name " + token.name()));
    }
  }

  private static void unnamed(Script script, Report report) {
    script
        .all(CreateTable.class)
        .filter(table -> !table.temporary())
        .forEach(table -> table.constraints().forEach(c -> named(table.name(), c, report)));
    script
        .all(AlterTable.class)
        .forEach(
            alter ->
                alter.actions().stream()
                    .map(AlterAction::constraint)
                    .filter(Objects::nonNull)
                    .forEach(c -> named(alter.table(), c, report)));
  }

  private static void named(ObjectName table, ConstraintDefinition constraint, Report report) {
    if (constraint.name() == null && constraint.kind() != ConstraintDefinition.Kind.NOT_NULL) {
      String kind = constraint.kind().name().replace('_', ' ');
      report.add(constraint.line(), "a " + kind + " constraint of " + table + " has no name");
    }
  }

  private static void placeholder(Script script, Report report) {
    int at = script.sql().indexOf("${");
    if (at >= 0) {
      int line = 1 + (int) script.sql().substring(0, at).chars().filter(c -> c == '\n').count();
      report.add(line, "a placeholder of Flyway");
    }
  }
}
