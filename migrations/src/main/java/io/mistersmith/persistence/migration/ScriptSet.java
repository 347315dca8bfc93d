package io.mistersmith.persistence.migration;

import java.util.List;

/**
 * Scripts that are applied or left out together.
 *
 * @param name its name
 * @param migrations its versions, in their order
 */
record ScriptSet(String name, List<Migration> migrations) {
  ScriptSet {
    ScriptId.checkSet(name);
    migrations = List.copyOf(migrations);
  }
}
