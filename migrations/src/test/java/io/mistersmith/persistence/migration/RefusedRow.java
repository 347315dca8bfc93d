package io.mistersmith.persistence.migration;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Statements whose last one a constraint must refuse. They are kept by schema in {@code
 * refused/<schema>.sql}, each headed by {@code -- refused: schema.table constraint}, and {@code as
 * name} where the server gives another name, as for the key of a partition.
 *
 * @param constraint {@code schema.table constraint}
 * @param reportedAs the constraint's name in the error
 * @param sql what to run, in one transaction
 */
record RefusedRow(String constraint, String reportedAs, String sql) {
  private static final Pattern HEADER =
      Pattern.compile("^-- refused: (\\S+ (\\S+))(?: as (\\S+))?$", Pattern.MULTILINE);

  static List<RefusedRow> of(String schema) {
    String text = resource(schema + ".sql");
    List<RefusedRow> rows = new ArrayList<>();
    Matcher header = HEADER.matcher(text);
    boolean found = header.find();
    while (found) {
      String constraint = header.group(1);
      String reportedAs = header.group(3) == null ? header.group(2) : header.group(3);
      int start = header.end();
      found = header.find();
      rows.add(
          new RefusedRow(
              constraint,
              reportedAs,
              text.substring(start, found ? header.start() : text.length()).strip()));
    }
    return rows;
  }

  static String resource(String name) {
    try (InputStream in = RefusedRow.class.getResourceAsStream("/refused/" + name)) {
      if (in == null) {
        throw new IllegalArgumentException("there is no resource refused/" + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return constraint + ": " + sql;
  }
}
