package io.mistersmith.persistence.migration;

import io.mistersmith.persistence.migration.internal.script.ScriptFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import javax.sql.DataSource;

/**
 * Applies an optional set's scripts one after another, each in a transaction of its own, and takes
 * them back, as any tool would: without the runner, whose own tests are others.
 */
record OptionalSet(String name) {
  static final OptionalSet AUDIT = new OptionalSet("audit");
  static final OptionalSet EVENTS = new OptionalSet("events");
  static final OptionalSet STATEMENTS = new OptionalSet("statements");
  static final OptionalSet TENANTS = new OptionalSet("tenants");

  void apply(DataSource database) throws SQLException {
    for (ScriptFile script : scripts(ScriptFile.Direction.FORWARD)) {
      run(database, script);
    }
  }

  void takeBack(DataSource database) throws SQLException {
    List<ScriptFile> scripts = scripts(ScriptFile.Direction.BACK);
    for (int i = scripts.size() - 1; i >= 0; i--) {
      run(database, scripts.get(i));
    }
  }

  /** The text of a script, by the beginning of its name. */
  String script(String beginning) {
    for (ScriptFile script : scripts(ScriptFile.Direction.FORWARD)) {
      if (script.fileName().startsWith(beginning)) {
        return script.sql();
      }
    }
    throw new IllegalArgumentException(name + " has no script " + beginning);
  }

  private List<ScriptFile> scripts(ScriptFile.Direction direction) {
    List<ScriptFile> scripts = new ArrayList<>();
    String list =
        new String(
            read("/io/mistersmith/persistence/db/" + name + "/scripts.txt"),
            StandardCharsets.UTF_8);
    for (String file : list.lines().toList()) {
      ScriptFile script =
          ScriptFile.of(file, read("/io/mistersmith/persistence/db/" + name + "/" + file));
      if (script.direction() == direction) {
        scripts.add(script);
      }
    }
    scripts.sort(Comparator.comparing(ScriptFile::version));
    return scripts;
  }

  private static byte[] read(String resource) {
    try (InputStream in = MigrationRunner.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException(resource + " is not on the class path");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void run(DataSource database, ScriptFile script) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.setEscapeProcessing(false);
      statement.execute("SET LOCAL search_path = pg_catalog");
      statement.execute(script.sql());
      connection.commit();
    } catch (SQLException e) {
      throw new SQLException(script.fileName() + ": " + e.getMessage(), e.getSQLState(), e);
    }
  }
}
