package io.mistersmith.persistence.migration.model;

import java.util.List;

/**
 * A set of scripts that comes with the library: its scripts are applied or left out together, and
 * have versions of their own. Immutable.
 *
 * @param name its name, by which it is selected
 * @param description what it adds to the database
 * @param dependsOn the names of the sets that must be selected with it; the core set, which is
 *     always applied, is among them
 */
public record ScriptSet(String name, String description, List<String> dependsOn) {

  /** Keeps a copy of the list. */
  public ScriptSet {
    ScriptId.checkSet(name);
    dependsOn = List.copyOf(dependsOn);
  }
}
