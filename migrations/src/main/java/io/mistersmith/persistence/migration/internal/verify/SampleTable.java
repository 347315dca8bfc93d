package io.mistersmith.persistence.migration.internal.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * Rows to try for a table: for each column a few values, of which the first of each is tried first.
 * When a constraint refuses, the columns that it is about take their next values, all combinations
 * in turn.
 */
final class SampleTable {
  private static final int ATTEMPTS = 400;

  // A key that points elsewhere takes its columns from a row there, one row for all columns.
  private static final String COLUMNS =
      """
      SELECT a.attnum, quote_ident(a.attname), a.attnotnull,
             coalesce(b.typname, t.typname), coalesce(b.typcategory, t.typcategory)::text,
             (SELECT format('(SELECT %I FROM %s ORDER BY 1', fa.attname, f.confrelid::regclass)
                FROM pg_constraint f
                JOIN pg_attribute fa
                  ON fa.attrelid = f.confrelid
                 AND fa.attnum = f.confkey[array_position(f.conkey, a.attnum)]
               WHERE f.conrelid = a.attrelid AND f.contype = 'f' AND a.attnum = ANY (f.conkey)
               ORDER BY cardinality(f.conkey) LIMIT 1),
             ARRAY(SELECT quote_literal(e.enumlabel) FROM pg_enum e
                    WHERE e.enumtypid = coalesce(b.oid, t.oid) ORDER BY e.enumsortorder),
             a.atthasdef,
             format_type(coalesce(b.oid, t.oid),
                         CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END)
        FROM pg_attribute a
        JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
       WHERE a.attrelid = ? AND a.attnum > 0 AND NOT a.attisdropped
         AND a.attidentity <> 'a' AND a.attgenerated = ''
       ORDER BY a.attnum
      """;

  private static final String CHECKS =
      """
      SELECT conname, conkey, pg_get_constraintdef(oid)
        FROM pg_constraint
       WHERE conrelid = ? AND contype = 'c' AND conkey IS NOT NULL
      """;

  private static final Pattern LITERAL = Pattern.compile("'((?:[^']|'')*)'");

  private final String table;
  private final Map<Integer, SampleColumn> columns;
  private final Map<String, List<Integer>> checks;
  private int attempts;

  private SampleTable(
      String table, Map<Integer, SampleColumn> columns, Map<String, List<Integer>> checks) {
    this.table = table;
    this.columns = columns;
    this.checks = checks;
  }

  static SampleTable read(Connection connection, long oid, String table) throws SQLException {
    Map<Integer, SampleColumn> columns = new LinkedHashMap<>();
    Map<String, List<Integer>> checks = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
      statement.setLong(1, oid);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          columns.put(row.getInt(1), SampleColumn.of(row));
        }
      }
    }
    try (PreparedStatement statement = connection.prepareStatement(CHECKS)) {
      statement.setLong(1, oid);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          List<Integer> about = new ArrayList<>();
          for (Short number : (Short[]) row.getArray(2).getArray()) {
            about.add(number.intValue());
          }
          checks.put(row.getString(1), about);
          offerLiterals(row.getString(3), about, columns);
        }
      }
    }
    return new SampleTable(table, columns, checks);
  }

  private static void offerLiterals(
      String definition, List<Integer> about, Map<Integer, SampleColumn> columns) {
    Matcher matcher = LITERAL.matcher(definition);
    while (matcher.find()) {
      for (Integer number : about) {
        SampleColumn column = columns.get(number);
        if (column != null) {
          column.offer("'" + matcher.group(1) + "'");
        }
      }
    }
  }

  Optional<String> first() {
    return Optional.of(insert());
  }

  /** The next row to try, when the one before was refused; empty when there is nothing left. */
  Optional<String> next(SQLException refusal) {
    attempts++;
    if (attempts > ATTEMPTS) {
      return Optional.empty();
    }
    for (SampleColumn column : about(refusal)) {
      if (column.advance()) {
        return Optional.of(insert());
      }
    }
    return Optional.empty();
  }

  private List<SampleColumn> about(SQLException refusal) {
    @Nullable ServerErrorMessage message =
        refusal instanceof PSQLException e ? e.getServerErrorMessage() : null;
    @Nullable List<Integer> numbers =
        message == null || message.getConstraint() == null
            ? null
            : checks.get(message.getConstraint());
    if (numbers == null) {
      return List.copyOf(columns.values());
    }
    List<SampleColumn> about = new ArrayList<>();
    columns.forEach(
        (number, column) -> {
          if (numbers.contains(number)) {
            about.add(column);
          }
        });
    return about;
  }

  private String insert() {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (SampleColumn column : columns.values()) {
      names.add(column.name());
      values.add(column.value());
    }
    return names.isEmpty()
        ? "INSERT INTO " + table + " DEFAULT VALUES"
        : "INSERT INTO %s (%s) VALUES (%s)"
            .formatted(table, String.join(", ", names), String.join(", ", values));
  }
}
