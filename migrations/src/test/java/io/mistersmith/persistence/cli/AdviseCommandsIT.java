package io.mistersmith.persistence.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.MigratedDatabases;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** The commands that ask statistics, and all or nothing, in this process. */
class AdviseCommandsIT {
  private static final PostgresServer SERVER = MigratedDatabases.server(18);

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @SuppressWarnings("NullAway.Init") // set before each test
  private PGSimpleDataSource database;

  @BeforeEach
  void migrate() throws SQLException {
    database = MigratedDatabases.migrated(SERVER, "monitoring");
  }

  private int run(String... arguments) throws Exception {
    Path properties = folder.resolve("database.properties");
    Files.writeString(
        properties,
        "PG_HOST=%s\nPG_PORT=%d\nPG_DATABASE=%s\nPG_USER=%s\nPG_PASSWORD=%s\n"
            .formatted(
                SERVER.host(),
                SERVER.port(),
                database.getDatabaseName(),
                SERVER.user(),
                SERVER.password().orElse("")));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--properties", properties.toString()));
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return MigrationsCli.run(
        new PrintWriter(out), new PrintWriter(err), all.toArray(String[]::new));
  }

  private List<String> query(String sql) throws SQLException {
    List<String> values = new ArrayList<>();
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      boolean isQuery = statement.execute(sql);
      while (!isQuery && statement.getUpdateCount() >= 0) {
        isQuery = statement.getMoreResults();
      }
      if (isQuery) {
        ResultSet rows = statement.getResultSet();
        while (rows.next()) {
          values.add(String.valueOf(rows.getString(1)));
        }
      }
    }
    return values;
  }

  @Test
  void indexesAreListedWithTheStatementThatHelps() throws Exception {
    assertThat(run("advise", "indexes", "--check")).isZero();
    assertThat(out).hasToString("Nothing found.\n");
    query(
        """
        CREATE SCHEMA app;
        CREATE TABLE app.t (a INT);
        CREATE INDEX one ON app.t (a);
        CREATE INDEX two ON app.t (a)
        """);
    assertThat(run("advise", "indexes")).isZero();
    assertThat(out.toString())
        .contains("duplicate app.two on app.t, 8 kB: app.one does all that it does.")
        .contains("    DROP INDEX CONCURRENTLY app.two;");
    assertThat(run("advise", "indexes", "--check", "--json")).isEqualTo(3);
    assertThat(out.toString())
        .contains("{\"indexes\":[{\"index\":\"app.two\",\"table\":\"app.t\"")
        .contains("\"trouble\":\"duplicate\",\"bytes\":8192");
    assertThat(query("SELECT to_regclass('app.two') IS NOT NULL")).as("it stays").contains("t");
  }

  @Test
  void aMissingIndexIsListedBuiltOrRejected() throws Exception {
    query(
        """
        CREATE SCHEMA app;
        CREATE TABLE app.p (id INT PRIMARY KEY);
        CREATE TABLE app.t (one INT REFERENCES app.p, two INT REFERENCES app.p)
        """);
    assertThat(run("advise", "missing", "--check", "--json")).isEqualTo(3);
    assertThat(out.toString()).contains("\"table\":\"t\",\"columns\":[\"one\"]");
    String one = id("one");
    String two = id("two");

    assertThat(run("advise", "implement", one)).isZero();
    assertThat(out).hasToString("Index idx_t_one_auto is built.\n");
    assertThat(run("advise", "reject", two)).isZero();
    assertThat(run("advise", "missing", "--check")).isZero();
    assertThat(out).hasToString("Nothing is missing.\n");

    assertThat(run("advise", "implement", two)).isEqualTo(1);
    assertThat(err.toString()).contains("is rejected");
    assertThat(run("advise", "implement", "no-id")).isEqualTo(2);
  }

  private String id(String column) throws SQLException {
    return query(
            "SELECT recommendation_id FROM monitoring.index_recommendations"
                + " WHERE column_names = '{"
                + column
                + "}'")
        .get(0);
  }

  @Test
  void aFailedBuildIsListedWithItsReason() throws Exception {
    query(
        """
        CREATE SCHEMA app;
        CREATE TABLE app.p (id INT PRIMARY KEY);
        CREATE TABLE app.t (one INT REFERENCES app.p);
        CREATE TABLE app.idx_t_one_auto ()
        """);
    assertThat(run("advise", "missing")).isZero();
    assertThat(run("advise", "implement", id("one"))).isEqualTo(1);
    assertThat(run("advise", "missing")).isZero();
    assertThat(out.toString()).contains("could not be built: ").contains("bears that name");
  }

  @Test
  void whatIsNotInstalledIsNamed() throws Exception {
    assertThat(run("advise", "statements")).isEqualTo(1);
    assertThat(err.toString()).contains("apply the set \"statements\"");
    database = MigratedDatabases.migrated(SERVER);
    assertThat(run("advise", "indexes", "--json")).isEqualTo(1);
    assertThat(out.toString()).contains("Apply the set 'monitoring'");
    assertThat(run("advise")).isEqualTo(2);
  }

  @Test
  void storageIsListedAndCompressionSet() throws Exception {
    assertThat(run("storage", "--compress", "pglz", "agents.state")).isZero();
    assertThat(out.toString()).startsWith("agents.state ").contains(" pglz ");
    assertThat(run("storage", "--json")).isZero();
    assertThat(out.toString())
        .contains("{\"table\":\"agents.state\",\"compression\":\"pglz\"")
        .contains("{\"table\":\"tasks.archive\",\"compression\":\"default\"");
    assertThat(run("storage", "--compress", "zstd")).isEqualTo(1);
  }

  @Test
  void allOrNothingSaysWhatItDid() throws Exception {
    database = MigratedDatabases.empty(SERVER);
    Path scripts = Files.createDirectory(folder.resolve("scripts"));
    Files.writeString(scripts.resolve("V1.0.0__one.sql"), "CREATE TABLE public.one (a INT);");
    Files.writeString(scripts.resolve("U1.0.0__one.sql"), "DROP TABLE public.one;");
    Files.writeString(scripts.resolve("V1.1.0__bad.sql"), "SELECT 1 / 0;");
    Files.writeString(scripts.resolve("U1.1.0__bad.sql"), "SELECT 1;");
    String[] apply = {"apply", "--or-roll-back", "--scripts", scripts.toString()};

    assertThat(run(apply)).isEqualTo(1);
    assertThat(err.toString()).startsWith("error: Script V1.1.0__bad.sql failed");
    assertThat(out.toString())
        .contains("applied  V1.0.0__one.sql")
        .contains("failed  Script V1.1.0__bad.sql")
        .contains("took back  U1.0.0__one.sql")
        .endsWith("Nothing of this call remains: the database is at no version.\n");
    assertThat(run("apply", "--or-roll-back", "--json", "--scripts", scripts.toString()))
        .isEqualTo(1);
    assertThat(out.toString())
        .contains("\"failure\":{\"kind\":\"SCRIPT_FAILED\"")
        .contains("\"rolledBack\":[{\"set\":\"core\",\"version\":\"1.0.0\"")
        .contains("\"left\":[]");
    assertThat(query("SELECT to_regclass('public.one') IS NULL")).containsExactly("t");

    Files.writeString(
        scripts.resolve("V1.1.0__bad.sql"), "-- verify-after: SELECT 1 WHERE false\nSELECT 1;");
    assertThat(run("plan", "--scripts", scripts.toString())).isZero();
    assertThat(out.toString()).contains("    verify after: SELECT 1 WHERE false");
    assertThat(run("apply", "--dry-run", "--scripts", scripts.toString())).isZero();
    assertThat(out.toString()).contains("V1.1.0__bad.sql, and passed its verification, queries: 1");
    assertThat(run(apply)).isZero();
    assertThat(out.toString()).endsWith("Applied 2; the database is at 1.1.0.\n");
    assertThat(run("apply", "--or-roll-back", "--dry-run", "--scripts", scripts.toString()))
        .isEqualTo(2);
  }
}
