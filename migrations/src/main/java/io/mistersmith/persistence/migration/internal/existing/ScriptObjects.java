package io.mistersmith.persistence.migration.internal.existing;

import io.mistersmith.persistence.migration.internal.sql.AlterAction;
import io.mistersmith.persistence.migration.internal.sql.AlterTable;
import io.mistersmith.persistence.migration.internal.sql.CreateDomain;
import io.mistersmith.persistence.migration.internal.sql.CreateRoutine;
import io.mistersmith.persistence.migration.internal.sql.CreateTrigger;
import io.mistersmith.persistence.migration.internal.sql.DropObjects;
import io.mistersmith.persistence.migration.internal.sql.ObjectName;
import io.mistersmith.persistence.migration.internal.sql.StatementFacts;
import io.mistersmith.persistence.migration.internal.sql.StatementReader;
import io.mistersmith.persistence.migration.model.Migration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The objects that a script creates and drops, by their qualified names: {@code schema.name} of a
 * relation, type or routine, {@code schema.table.name} of a column, constraint or trigger. Objects
 * that a DO block or a function creates are not seen. Immutable.
 *
 * @param script the script
 * @param created all that exists after it
 * @param exclusive those of them with which the script fails where they exist already
 * @param dropped what it drops
 */
public record ScriptObjects(
    Migration script, Set<String> created, Set<String> exclusive, Set<String> dropped) {

  public static ScriptObjects of(Migration script) {
    Set<String> created = new LinkedHashSet<>();
    Set<String> exclusive = new LinkedHashSet<>();
    Set<String> dropped = new LinkedHashSet<>();
    for (StatementFacts facts : StatementReader.read(script.fileName(), script.sql())) {
      Set<String> names = new LinkedHashSet<>();
      boolean overloads = false;
      if (facts instanceof CreateRoutine routine) {
        overloads = true;
        add(names, routine.name(), null);
      } else if (facts instanceof CreateDomain domain) {
        add(names, domain.name(), null);
      } else if (facts instanceof CreateTrigger trigger) {
        add(names, trigger.table(), trigger.name());
      } else if (facts instanceof AlterTable alter) {
        alter(alter, names, dropped);
      } else if (facts instanceof DropObjects drop) {
        drop.names().forEach(name -> add(dropped, name, null));
      }
      facts.creates().forEach(name -> add(names, name, null));
      created.addAll(names);
      if (!overloads && !maySucceed(facts)) {
        names.removeAll(dropped); // the script makes room for these itself
        exclusive.addAll(names);
      }
    }
    return new ScriptObjects(
        script,
        Collections.unmodifiableSet(created),
        Collections.unmodifiableSet(exclusive),
        Collections.unmodifiableSet(dropped));
  }

  /** The schemas of what it creates. */
  Set<String> schemas() {
    Set<String> schemas = new TreeSet<>();
    created.forEach(name -> schemas.add(schemaOf(name)));
    return schemas;
  }

  static String schemaOf(String name) {
    return name.substring(0, name.indexOf('.'));
  }

  /** Whether the statement says itself that the object may exist. */
  private static boolean maySucceed(StatementFacts facts) {
    return facts.tokens().hasOutside("if", "not", "exists")
        || facts.tokens().startsWith("create", "or", "replace");
  }

  private static void alter(AlterTable alter, Set<String> created, Set<String> dropped) {
    for (AlterAction action : alter.actions()) {
      switch (action.kind()) {
        case ADD_COLUMN, ADD_CONSTRAINT -> add(created, alter.table(), action.subject());
        case DROP_COLUMN, DROP_CONSTRAINT -> add(dropped, alter.table(), action.subject());
        case RENAME_TABLE -> add(dropped, alter.table(), null);
        default -> {}
      }
    }
  }

  private static void add(Set<String> names, ObjectName owner, @Nullable String part) {
    if (owner.qualified() && (part == null || !part.isEmpty())) {
      names.add(part == null ? owner.toString() : owner + "." + part);
    }
  }
}
