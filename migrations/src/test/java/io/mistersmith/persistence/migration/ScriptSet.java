package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.ScriptFile.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** An optional set of bundled scripts, applied file by file, each in a transaction. */
final class ScriptSet {
  private final List<ScriptFile> files = new ArrayList<>();

  /** Reads the set's files by its list. */
  ScriptSet(String name) throws IOException {
    String list = new String(resource(name + "-scripts.txt"), StandardCharsets.UTF_8);
    for (String file : list.lines().toList()) {
      files.add(ScriptFile.of(file, resource("/db/sets/" + name + "/" + file)));
    }
  }

  /** One file of a set. */
  static String text(String set, String file) throws IOException {
    return ScriptFile.of(file, resource("/db/sets/" + set + "/" + file)).sql();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = ScriptSet.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException(name + " is not on the class path");
      }
      return in.readAllBytes();
    }
  }

  void apply(TestDatabase database) throws SQLException {
    run(database, Direction.FORWARD, Comparator.comparing(ScriptFile::version));
  }

  void rollBack(TestDatabase database) throws SQLException {
    run(database, Direction.BACK, Comparator.comparing(ScriptFile::version).reversed());
  }

  private void run(TestDatabase database, Direction direction, Comparator<ScriptFile> order)
      throws SQLException {
    for (ScriptFile file :
        files.stream().filter(f -> f.direction() == direction).sorted(order).toList()) {
      try (Connection connection = database.connect();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        statement.setEscapeProcessing(false);
        statement.execute("SET LOCAL search_path = pg_catalog");
        statement.execute(file.sql());
        connection.commit();
      }
    }
  }
}
