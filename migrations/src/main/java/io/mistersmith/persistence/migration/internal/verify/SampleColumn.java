package io.mistersmith.persistence.migration.internal.verify;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The values to try for a column, as SQL. */
final class SampleColumn {
  private final String name;
  private final String type;
  private final boolean text;
  private final List<String> values;
  private int at;

  private SampleColumn(String name, String type, boolean text, List<String> values) {
    this.name = name;
    this.type = type;
    this.text = text;
    this.values = values;
  }

  /** Reads a row of SampleTable's columns. */
  static SampleColumn of(ResultSet row) throws SQLException {
    boolean required = row.getBoolean(3);
    String typeName = row.getString(4);
    String category = row.getString(5);
    String reference = row.getString(6);
    String[] enumLabels = (String[]) row.getArray(7).getArray();
    boolean hasDefault = row.getBoolean(8);
    List<String> values = new ArrayList<>();
    if (reference != null) {
      values.add(reference + " LIMIT 1)");
      values.add(reference + " DESC LIMIT 1)");
    } else {
      if (hasDefault) {
        values.add("DEFAULT");
      }
      values.addAll(List.of(enumLabels));
      values.addAll(byType(typeName, category));
    }
    if (!required) {
      values.add("NULL");
    }
    return new SampleColumn(row.getString(2), row.getString(9), category.equals("S"), values);
  }

  private static List<String> byType(String type, String category) {
    return switch (category) {
      case "B" -> List.of("true", "false");
      case "N" -> List.of("1", "0", "2", "100", "0.5");
      case "D" -> List.of("now()", "now() + INTERVAL '1 hour'", "now() - INTERVAL '1 hour'");
      case "T" -> List.of("INTERVAL '1 hour'");
      case "A" -> List.of("'{}'", "'{1}'");
      case "S" ->
          List.of("'sample'", "'1.0.0'", "'a@example.org'", "'a.b'", "repeat('a', 64)", "''");
      case "R" -> List.of("'empty'");
      case "I" -> List.of("'127.0.0.1'");
      default ->
          switch (type) {
            case "uuid" -> List.of("gen_random_uuid()");
            case "json", "jsonb" ->
                List.of(
                    "'{}'",
                    "'[]'",
                    "'{\"version\": 1, \"created_at\": \"2026-01-01T00:00:00Z\"}'",
                    "'1'");
            case "bytea" -> List.of("'\\x00ff'");
            case "tsvector" -> List.of("'sample'");
            case "vector" -> List.of("'[1]'");
            default -> List.of();
          };
    };
  }

  String name() {
    return name;
  }

  /** A further value, such as a CHECK names; only where the column could take it. */
  void offer(String literal) {
    if (text && !values.contains(literal)) {
      values.add(Math.min(1, values.size()), literal);
    }
  }

  /** The value that is next; what is too long for the type is cut off by the cast. */
  String value() {
    String value = at < values.size() ? values.get(at) : "NULL";
    return value.equals("DEFAULT") || value.startsWith("(SELECT")
        ? value
        : "CAST(" + value + " AS " + type + ")";
  }

  /**
   * Goes on to the next value.
   *
   * @return false when it begins with the first again
   */
  boolean advance() {
    at++;
    if (at < values.size()) {
      return true;
    }
    at = 0;
    return false;
  }
}
