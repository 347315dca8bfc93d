package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.internal.catalog.Catalog;
import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.internal.script.ScriptFolder;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The same files, applied by the runner, by Flyway and by psql, make the same database. The set
 * {@code vector} is tried on PostgreSQL 15 alone, for which the test kit builds pgvector.
 */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class FlywayAndPsqlIT {
  private static final String FOLDER = "io/mistersmith/persistence/db/";
  private static final List<String> HISTORY =
      List.of("migrations.applied_migrations", "migrations.locks", "migrations.validation_results");

  @SuppressWarnings("NullAway.Init") // set before the tests of a version
  private static PostgresServer server;

  private final int majorVersion;

  @TempDir Path folder;

  FlywayAndPsqlIT(int majorVersion) {
    this.majorVersion = majorVersion;
  }

  @BeforeParameterizedClassInvocation
  static void startServer(int majorVersion) {
    PostgresOptions options =
        PostgresOptions.defaults()
            .withoutSync()
            .withMajorVersion(majorVersion)
            .withServerSetting("shared_preload_libraries", "pg_stat_statements");
    server = PostgresServer.start(majorVersion == 15 ? options.withPgvector() : options);
  }

  @AfterParameterizedClassInvocation
  static void stopServer() {
    server.close();
  }

  @Test
  void bundledScriptsMakeTheSameDatabase() throws SQLException, IOException, InterruptedException {
    TestDatabase byRunner = new TestDatabase(server);
    TestDatabase byFlyway = new TestDatabase(server);
    TestDatabase byPsql = new TestDatabase(server);
    AppliesWithFlyway flyway = new AppliesWithFlyway(byFlyway);
    AppliesWithPsql psql = new AppliesWithPsql(server, nameOf(byPsql), folder);

    MigrationRunner.of(byRunner.dataSource()).apply();
    flyway.apply("core", "classpath:" + FOLDER + "core");
    psql.apply(BundledSets.core().migrations());
    // The runner's schema has nothing but its history here.
    byFlyway.execute("CREATE SCHEMA migrations");
    byPsql.execute("CREATE SCHEMA migrations");
    assertSame(byRunner, byFlyway, byPsql, "the core set");
    assertThat(flyway.applied("core")).isEqualTo(names(BundledSets.core().migrations()));

    List<String> selected = new ArrayList<>();
    List<String> sets = sets();
    for (String set : sets) {
      selected.add(set);
      List<Migration> scripts = BundledSets.read(set).migrations();
      MigrationRunner.builder()
          .dataSource(byRunner.dataSource())
          .sets(selected.toArray(String[]::new))
          .build()
          .apply();
      flyway.apply(set, "classpath:" + FOLDER + set);
      psql.apply(scripts);
      if (PostgresVersions.full() || selected.size() == sets.size()) {
        assertSame(byRunner, byFlyway, byPsql, "the sets up to " + set);
      }
      assertThat(flyway.applied(set)).isEqualTo(names(scripts));
    }
  }

  @Test
  void scriptsOutsideOfATransactionMakeTheSameDatabase()
      throws SQLException, IOException, InterruptedException {
    Path scripts = Files.createDirectory(folder.resolve("scripts"));
    Files.writeString(
        scripts.resolve("V1.0.0__table.sql"),
        "CREATE TABLE public.t (a INT); CREATE TABLE public.u (b INT);");
    Files.writeString(
        scripts.resolve("V1.0.1__index.sql"),
        """
        -- transactional: no
        CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON public.t (a);
        ALTER TABLE public.u ADD COLUMN IF NOT EXISTS x INT;
        """);
    Files.writeString(scripts.resolve("V1.0.1__index.sql.conf"), "executeInTransaction=false\n");
    Files.writeString(scripts.resolve("V1.10.0__last.sql"), "CREATE TABLE public.v (c INT);");
    Files.writeString(scripts.resolve("V1.9.0__but_one.sql"), "CREATE TABLE public.w (d INT);");
    TestDatabase byRunner = new TestDatabase(server);
    TestDatabase byFlyway = new TestDatabase(server);
    TestDatabase byPsql = new TestDatabase(server);
    AppliesWithFlyway flyway = new AppliesWithFlyway(byFlyway);

    MigrationRunner.builder().dataSource(byRunner.dataSource()).scripts(scripts).build().apply();
    flyway.apply("own", "filesystem:" + scripts);
    new AppliesWithPsql(server, nameOf(byPsql), folder).apply(ScriptFolder.of(scripts));

    // The runner's schema has nothing but its history here.
    byFlyway.execute("CREATE SCHEMA migrations");
    byPsql.execute("CREATE SCHEMA migrations");
    assertSame(byRunner, byFlyway, byPsql, "scripts outside of a transaction");
    assertThat(flyway.applied("own")).isEqualTo(names(ScriptFolder.of(scripts)));
    assertThat(byPsql.query("SELECT count(*) FROM pg_index WHERE indrelid = 'public.t'::regclass"))
        .containsExactly("1");
  }

  /** Without it Flyway refuses a script of which only some statements need no transaction. */
  @Test
  void scriptOutsideOfATransactionTellsFlyway() {
    List<Migration> scripts = new ArrayList<>();
    BundledSets.list().forEach(s -> scripts.addAll(BundledSets.read(s.name()).migrations()));
    assertThat(scripts)
        .filteredOn(script -> !script.transactional())
        .allSatisfy(
            script ->
                assertThat(MigrationRunner.class.getResource(location(script) + ".conf"))
                    .as(location(script) + ".conf")
                    .isNotNull());
  }

  private static String location(Migration script) {
    String set = script.id().set();
    return "/" + FOLDER + set + "/" + script.fileName();
  }

  private List<String> sets() {
    List<String> sets = new ArrayList<>();
    BundledSets.list().forEach(set -> sets.add(set.name()));
    sets.remove(ScriptId.CORE);
    if (majorVersion != 15) {
      sets.remove("vector");
    }
    return sets;
  }

  private static List<String> names(List<Migration> scripts) {
    return scripts.stream().map(Migration::fileName).toList();
  }

  private static void assertSame(
      TestDatabase byRunner, TestDatabase byFlyway, TestDatabase byPsql, String what)
      throws SQLException {
    Catalog catalog = catalog(byRunner);
    assertThat(catalog.size()).isPositive();
    assertThat(catalog.differences(catalog(byFlyway))).as("Flyway: " + what).isEmpty();
    assertThat(catalog.differences(catalog(byPsql))).as("psql: " + what).isEmpty();
  }

  private static Catalog catalog(TestDatabase database) throws SQLException {
    try (Connection connection = database.connect()) {
      return Catalog.read(connection)
          .withoutSchemas(List.of(AppliesWithFlyway.SCHEMA))
          .withoutRelations(HISTORY);
    }
  }

  private static String nameOf(TestDatabase database) throws SQLException {
    return database.query("SELECT current_database()").get(0);
  }
}
