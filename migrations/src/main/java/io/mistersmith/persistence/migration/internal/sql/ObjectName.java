package io.mistersmith.persistence.migration.internal.sql;

import org.jspecify.annotations.Nullable;

/**
 * The name of a table, function, type or other object.
 *
 * @param schema its schema, where the script says it
 * @param name its name in that schema, or the name of a schema itself
 */
public record ObjectName(@Nullable String schema, String name) {

  /** Whether the script names the schema. */
  public boolean qualified() {
    return schema != null;
  }

  @Override
  public String toString() {
    return schema == null ? name : schema + "." + name;
  }
}
