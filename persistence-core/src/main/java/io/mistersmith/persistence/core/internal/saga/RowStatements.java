package io.mistersmith.persistence.core.internal.saga;

import java.util.Collection;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The statements that change a row of the application's table and change it back. Values come as
 * JSON in parameters; {@code jsonb_populate_record} gives them the types of the columns.
 *
 * @param table the table's qualified name, which was checked
 */
record RowStatements(String table) {

  static final String COLUMNS =
      """
      SELECT CAST(attname AS text) AS name
        FROM pg_catalog.pg_attribute
       WHERE attrelid = CAST(CAST(:table AS text) AS regclass)
         AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
       ORDER BY attnum
      """;

  static final String PRIMARY_KEY =
      """
      SELECT CAST(a.attname AS text) AS name
        FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_attribute AS a
          ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
       WHERE i.indrelid = CAST(CAST(:table AS text) AS regclass) AND i.indisprimary
      """;

  private static final String RETURNING =
      " RETURNING CAST(t.xmin AS text) AS xmin, CAST(to_jsonb(t) AS text) AS now";

  private static final String OURS = " AND CAST(t.xmin AS text) = :xmin";

  /** Returns the table's name for a parameter, too. */
  String quoted() {
    int dot = table.indexOf('.');
    return quoted(table.substring(0, dot)) + "." + quoted(table.substring(dot + 1));
  }

  private static String quoted(String name) {
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** Reads a parameter as a row of the table. */
  private String row(String parameter, String alias) {
    return "jsonb_populate_record(CAST(NULL AS "
        + quoted()
        + "), CAST(:"
        + parameter
        + " AS jsonb)) AS "
        + alias;
  }

  private static String list(Collection<String> columns, Function<String, String> each) {
    return columns.stream().map(RowStatements::quoted).map(each).collect(Collectors.joining(", "));
  }

  private static String equal(Collection<String> columns, String to) {
    return columns.stream()
        .map(RowStatements::quoted)
        .map(column -> "t." + column + " = " + to + "." + column)
        .collect(Collectors.joining(" AND "));
  }

  /** Adds the row {@code :values}. */
  String insert(Collection<String> columns) {
    return "INSERT INTO "
        + quoted()
        + " AS t ("
        + list(columns, column -> column)
        + ") SELECT "
        + list(columns, column -> "new." + column)
        + " FROM "
        + row("values", "new")
        + RETURNING;
  }

  /** Locks and reads the rows with the key {@code :key}. */
  String lock(Collection<String> key) {
    return "SELECT CAST(to_jsonb(t) AS text) AS previous FROM "
        + quoted()
        + " AS t, "
        + row("key", "k")
        + " WHERE "
        + equal(key, "k")
        + " FOR UPDATE OF t";
  }

  /** Sets columns of the row with the key {@code :key} to {@code :values}. */
  String update(Collection<String> columns, Collection<String> key) {
    return "UPDATE "
        + quoted()
        + " AS t SET "
        + list(columns, column -> column + " = new." + column)
        + " FROM "
        + row("values", "new")
        + ", "
        + row("key", "k")
        + " WHERE "
        + equal(key, "k")
        + RETURNING;
  }

  /** Deletes the row with the key {@code :key}. */
  String delete(Collection<String> key) {
    return "DELETE FROM "
        + quoted()
        + " AS t USING "
        + row("key", "k")
        + " WHERE "
        + equal(key, "k");
  }

  /** Deletes the row {@code :now} if {@code :xmin} wrote it last; without a key, by all columns. */
  String undoInsert(Collection<String> key) {
    return key.isEmpty()
        ? "DELETE FROM " + quoted() + " AS t WHERE to_jsonb(t) = CAST(:now AS jsonb)" + OURS
        : "DELETE FROM "
            + quoted()
            + " AS t USING "
            + row("now", "n")
            + " WHERE "
            + equal(key, "n")
            + OURS;
  }

  /** Sets columns of the row {@code :now} to {@code :previous} if {@code :xmin} wrote it last. */
  String undoUpdate(Collection<String> columns, Collection<String> key) {
    return "UPDATE "
        + quoted()
        + " AS t SET "
        + list(columns, column -> column + " = was." + column)
        + " FROM "
        + row("previous", "was")
        + ", "
        + row("now", "n")
        + " WHERE "
        + equal(key, "n")
        + OURS;
  }

  /** Adds the row {@code :previous} unless there is one in its place. */
  String undoDelete(Collection<String> columns) {
    return "INSERT INTO "
        + quoted()
        + " ("
        + list(columns, column -> column)
        + ") OVERRIDING SYSTEM VALUE SELECT "
        + list(columns, column -> "was." + column)
        + " FROM "
        + row("previous", "was")
        + " ON CONFLICT DO NOTHING";
  }

  /** Returns a row if there is one in the place of the row {@code :now}. */
  String present(Collection<String> key) {
    return "SELECT 1 AS present FROM "
        + quoted()
        + " AS t"
        + (key.isEmpty()
            ? " WHERE to_jsonb(t) = CAST(:now AS jsonb)"
            : ", " + row("now", "n") + " WHERE " + equal(key, "n"));
  }

  /** Returns a row if the row {@code :previous} is there. */
  String asBefore(Collection<String> key) {
    return "SELECT 1 AS present FROM "
        + quoted()
        + " AS t, "
        + row("previous", "was")
        + " WHERE "
        + equal(key, "was")
        + " AND to_jsonb(t) = CAST(:previous AS jsonb)";
  }
}
