package io.mistersmith.persistence.saga;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

/**
 * A change of one row of the application's own table in PostgreSQL. Immutable.
 *
 * @param table the table's qualified name, as in {@code shop.orders}
 * @param operation what is done
 * @param key the columns that identify the row, and their values; empty for an insert
 * @param values the columns that are set, and their values; empty for a delete
 */
public record RowChange(
    String table, RowChange.Operation operation, Map<String, ?> key, Map<String, ?> values) {

  private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

  /** What is done to the row. */
  public enum Operation {
    /** The row is added. */
    INSERT,
    /** The row's columns are set. */
    UPDATE,
    /** The row is deleted. */
    DELETE
  }

  /** Checks the names, which become part of a statement, and copies the maps. */
  public RowChange {
    Objects.requireNonNull(operation, "operation");
    String[] parts = table.split("\\.", -1);
    if (parts.length != 2) {
      throw new IllegalArgumentException(
          "table '" + table + "': give its schema and its name, as in shop.orders");
    }
    for (String part : parts) {
      checked("table", part);
    }
    key.keySet().forEach(column -> checked("column", column));
    values.keySet().forEach(column -> checked("column", column));
    key = Collections.unmodifiableMap(new LinkedHashMap<>(key));
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    if (operation != Operation.INSERT && key.isEmpty()) {
      throw new IllegalArgumentException("table " + table + ": name the columns of the row's key");
    }
    if (operation != Operation.DELETE && values.isEmpty()) {
      throw new IllegalArgumentException("table " + table + ": name the columns that are set");
    }
  }

  private static void checked(String what, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          what
              + " '"
              + name
              + "': a name is 1 to 63 of the characters a-z, 0-9 and _, no digit first");
    }
  }

  /**
   * Returns the change that adds a row.
   *
   * @param values the row's columns; values as {@link
   *     io.mistersmith.persistence.transaction.Transaction#update} takes them, and a {@link Map} or
   *     a list for a column of JSON
   */
  public static RowChange insert(String table, Map<String, ?> values) {
    return new RowChange(table, Operation.INSERT, Map.of(), values);
  }

  /** Returns the change that sets columns of the row with this key. */
  public static RowChange update(String table, Map<String, ?> key, Map<String, ?> values) {
    return new RowChange(table, Operation.UPDATE, key, values);
  }

  /** Returns the change that deletes the row with this key. */
  public static RowChange delete(String table, Map<String, ?> key) {
    return new RowChange(table, Operation.DELETE, key, Map.of());
  }
}
