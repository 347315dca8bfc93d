package io.mistersmith.persistence.migration;

import java.util.List;

/**
 * Scripts that are applied or left out together.
 *
 * @param name its name
 * @param migrations its versions, in their order
 */
record MigrationSet(String name, List<Migration> migrations) {
  MigrationSet {
    ScriptId.checkSet(name);
    migrations = List.copyOf(migrations);
  }
}
