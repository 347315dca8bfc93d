package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.internal.catalog.Catalog;
import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.internal.script.ScriptFolder;
import io.mistersmith.persistence.migration.internal.script.ScriptStatements;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A migrator that is cut off, at every statement boundary there is, leaves a database from which
 * the next one finishes, and which then looks as if nothing had happened.
 */
@ParameterizedClass(name = "PostgreSQL {0}")
@ValueSource(ints = {18})
class CutOffIT extends RunsMigrations {
  private static final int KILLS = 4;

  /** One boundary in so many is cut, the first one at random. The full build cuts at each. */
  private static final int STRIDE = PostgresVersions.full() ? 1 : 4;

  private static final String[] SETS = {"monitoring", "online", "recovery"};

  @TempDir private Path logs;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  CutOffIT(int majorVersion) {}

  @Test
  void everyBundledScriptSurvivesACutAtEveryBoundary() throws SQLException {
    Catalog expected = catalogOf(runnerOf(database.dataSource()), database);
    createDatabase();
    int cuts = 0;
    int statements = 0;
    try (CuttingDataSource source = new CuttingDataSource(database)) {
      MigrationRunner runner = runnerOf(source.dataSource());
      for (Migration migration : bundled()) {
        cuts += cutEach(STRIDE, source, migration, runner);
        statements += ScriptStatements.of(migration.toString(), migration.sql()).count();
      }
    }

    MigrationRunner uncut = runnerOf(database.dataSource());
    assertThat(uncut.plan().isUpToDate()).isTrue();
    assertThat(expected.differences(catalogOf(uncut, database))).isEmpty();
    assertThat(uncut.validate().isValid()).isTrue();
    assertThat(database.advisoryLocks()).isEmpty();
    int least = STRIDE == 1 ? statements + bundled().size() : statements / STRIDE;
    assertThat(cuts).isGreaterThanOrEqualTo(least);
  }

  @Test
  void scriptThatIsNoTransactionSurvivesACutAtEveryBoundary() throws Exception {
    script("V1.0.0__table.sql", "CREATE TABLE public.t AS SELECT generate_series(1, 9) AS a;");
    script(
        "V1.1.0__index.sql",
        """
        -- transactional: no
        CREATE INDEX CONCURRENTLY IF NOT EXISTS t_a ON public.t (a);
        ALTER TABLE public.t ADD COLUMN IF NOT EXISTS b INT;
        CREATE INDEX CONCURRENTLY IF NOT EXISTS t_b ON public.t (b);
        """);
    Catalog expected = catalogOf(runner(), database);
    createDatabase();
    int cuts = 0;
    try (CuttingDataSource source = new CuttingDataSource(database)) {
      MigrationRunner runner =
          MigrationRunner.builder().dataSource(source.dataSource()).scripts(folder).build();
      for (Migration migration : ScriptFolder.of(folder)) {
        cuts += cutEach(1, source, migration, runner);
      }
    }

    assertThat(expected.differences(catalogOf(runner(), database))).isEmpty();
    assertThat(cuts).isGreaterThanOrEqualTo(8);
  }

  /** Cuts at every {@code stride}-th point until the version is applied; returns how often. */
  private static int cutEach(
      int stride, CuttingDataSource source, Migration migration, MigrationRunner runner) {
    int cuts = 0;
    for (int point = 1 + ThreadLocalRandom.current().nextInt(stride); ; point += stride) {
      assertThat(point).as("points of %s", migration).isLessThan(2000);
      source.cutAt(point);
      boolean applied = apply(runner, migration);
      cuts += source.hasCut() ? 1 : 0;
      if (applied) {
        return cuts;
      }
    }
  }

  private static boolean apply(MigrationRunner runner, Migration migration) {
    try {
      runner.applyTo(migration.id());
      return true;
    } catch (MigrationException e) {
      return false;
    }
  }

  @Test
  void migratorThatIsKilledAnywhereLeavesNothingInTheWay() throws SQLException {
    Catalog expected = catalogOf(runnerOf(database.dataSource()), database);
    createDatabase();
    PGSimpleDataSource source = (PGSimpleDataSource) database.dataSource();
    String url = source.getUrl() + "&user=" + source.getUser();
    String applied = "SELECT count(*) FROM migrations.applied_migrations WHERE status = 'applied'";
    int killed = 0;
    for (int i = 0; i < KILLS; i++) {
      int atLeast = ThreadLocalRandom.current().nextInt(bundled().size() / KILLS);
      int before = historyExists() ? Integer.parseInt(database.query(applied).get(0)) : 0;
      try (ChildJvm child =
          ChildJvm.start(
              Migrator.class,
              List.of(url, String.valueOf(source.getPassword())),
              Map.of(),
              logs.resolve("child.log"))) {
        Awaitility.await()
            .pollInterval(Duration.ofMillis(2))
            .atMost(Duration.ofSeconds(90))
            .until(
                () ->
                    !child.isAlive()
                        || (historyExists()
                            && Integer.parseInt(database.query(applied).get(0))
                                >= before + atLeast));
        killed += child.isAlive() ? 1 : 0;
        child.kill();
      }
    }
    assertThat(killed).isPositive();

    MigrationRunner next = runnerOf(database.dataSource());
    assertThat(expected.differences(catalogOf(next, database))).isEmpty();
    assertThat(next.validate().isValid()).isTrue();
  }

  private static MigrationRunner runnerOf(DataSource source) {
    return MigrationRunner.builder().dataSource(source).sets(SETS).build();
  }

  private static List<Migration> bundled() {
    List<Migration> scripts = new ArrayList<>(BundledSets.core().migrations());
    for (String set : SETS) {
      scripts.addAll(BundledSets.read(set).migrations());
    }
    return scripts;
  }

  private boolean historyExists() throws SQLException {
    return database
        .query("SELECT to_regclass('migrations.applied_migrations') IS NOT NULL")
        .contains("t");
  }

  /** The process to be killed. */
  static final class Migrator {
    private Migrator() {}

    public static void main(String[] args) {
      PGSimpleDataSource source = new PGSimpleDataSource();
      source.setUrl(args[0]);
      source.setPassword(args[1]);
      runnerOf(source).apply();
    }
  }

  private static Catalog catalogOf(MigrationRunner runner, TestDatabase database)
      throws SQLException {
    runner.apply();
    try (Connection connection = database.connect()) {
      return Catalog.read(connection);
    }
  }
}
