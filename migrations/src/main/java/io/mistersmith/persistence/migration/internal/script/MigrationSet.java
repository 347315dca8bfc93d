package io.mistersmith.persistence.migration.internal.script;

import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.util.List;

/**
 * The scripts of a set.
 *
 * @param name its name
 * @param dependsOn the sets that must be applied with it, and before it
 * @param migrations its versions, in ascending order
 */
public record MigrationSet(String name, List<String> dependsOn, List<Migration> migrations) {

  /** Checks the name and keeps copies of the lists. */
  public MigrationSet {
    ScriptId.checkSet(name);
    dependsOn = List.copyOf(dependsOn);
    migrations = List.copyOf(migrations);
  }
}
