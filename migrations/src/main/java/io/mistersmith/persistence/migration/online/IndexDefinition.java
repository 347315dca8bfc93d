package io.mistersmith.persistence.migration.online;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * An index to build: plain columns, not unique. Names are as the catalogs hold them, without
 * quotes.
 *
 * @param schema the schema of the table, in which the index will be too
 * @param table the table, plain or partitioned
 * @param name the index's name
 * @param columns the columns, first to last
 * @param accessMethod such as {@code btree} or {@code hash}
 */
public record IndexDefinition(
    String schema, String table, String name, List<String> columns, String accessMethod) {
  private static final int LONGEST_NAME = 63;
  private static final Pattern ACCESS_METHOD = Pattern.compile("[a-z][a-z0-9_]*");

  /**
   * @throws IllegalArgumentException when a name is none, or there is no column
   */
  public IndexDefinition {
    requireName("schema", schema);
    requireName("table", table);
    requireName("name", name);
    columns = List.copyOf(columns);
    if (columns.isEmpty() || columns.size() > 32) {
      throw new IllegalArgumentException(
          "columns of index " + name + " are " + columns.size() + ": name 1 to 32");
    }
    columns.forEach(column -> requireName("columns", column));
    if (!ACCESS_METHOD.matcher(accessMethod).matches()) {
      throw new IllegalArgumentException(
          "accessMethod of index " + name + " is no access method: use btree, for example");
    }
  }

  /** A B-tree. */
  public static IndexDefinition btree(
      String schema, String table, String name, List<String> columns) {
    return new IndexDefinition(schema, table, name, columns, "btree");
  }

  IndexDefinition on(TableRef partition) {
    return new IndexDefinition(
        partition.schema(), partition.name(), nameFor(partition), columns, accessMethod);
  }

  /** The same for the same partition, so that a build that was cut off is found again. */
  private String nameFor(TableRef partition) {
    String full = name + "_" + partition.name();
    if (length(full) <= LONGEST_NAME) {
      return full;
    }
    String mark = "_%08x".formatted(full.hashCode());
    int end = full.length();
    while (length(full.substring(0, end)) > LONGEST_NAME - mark.length()) {
      end = full.offsetByCodePoints(end, -1);
    }
    return full.substring(0, end) + mark;
  }

  private static void requireName(String field, String value) {
    if (value.isEmpty() || length(value) > LONGEST_NAME || value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          field + " is '" + value + "': use a name of 1 to 63 bytes, as the catalogs hold it");
    }
  }

  private static int length(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  @Override
  public String toString() {
    return "%s on %s.%s".formatted(name, schema, table);
  }
}
