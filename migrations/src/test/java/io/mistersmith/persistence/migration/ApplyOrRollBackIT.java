package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import io.mistersmith.persistence.migration.report.ApplyOrRollBackReport;
import io.mistersmith.persistence.migration.report.MigrationReport.Applied;
import io.mistersmith.persistence.migration.report.RollbackReport.RolledBack;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.ds.PGSimpleDataSource;

/** All pending versions are applied, or none remains. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class ApplyOrRollBackIT extends RunsMigrations {
  @TempDir private Path logs;

  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  ApplyOrRollBackIT(int majorVersion) {}

  private void table(String version, String name) throws IOException {
    script("V" + version + "__" + name + ".sql", "CREATE TABLE public." + name + " (a INT);");
    script("U" + version + "__" + name + ".sql", "DROP TABLE public." + name + ";");
  }

  private void failing(String version) throws IOException {
    script("V" + version + "__bad.sql", "SELECT 1 / 0;");
    script("U" + version + "__bad.sql", "SELECT 1;");
  }

  private ApplyOrRollBackReport applyOrRollBack() {
    return runner().applyOrRollBack(Optional.empty());
  }

  @Test
  void appliesAllAndThenNothing() throws Exception {
    table("1.0.0", "one");
    table("1.1.0", "two");
    ApplyOrRollBackReport report = applyOrRollBack();
    assertThat(report.isApplied()).isTrue();
    assertThat(report.applied()).hasSize(2);
    assertThat(report.after().map(Object::toString)).contains("1.1.0");
    assertThat(report.rolledBack()).isEmpty();
    assertThat(applyOrRollBack().applied()).isEmpty();
  }

  @Test
  void takesBackWhatThisCallAppliedAndNothingElse() throws Exception {
    table("1.0.0", "before");
    runner().apply();
    table("1.1.0", "one");
    table("1.2.0", "two");
    failing("1.3.0");
    table("1.4.0", "never");

    ApplyOrRollBackReport report = applyOrRollBack();

    assertThat(report.isApplied()).isFalse();
    assertThat(report.failure().orElseThrow()).hasMessageContaining("V1.3.0__bad.sql");
    assertThat(report.failure().orElseThrow().kind()).isEqualTo(Kind.SCRIPT_FAILED);
    assertThat(report.applied())
        .extracting(Applied::migration)
        .extracting(Object::toString)
        .containsExactly("V1.1.0__one.sql", "V1.2.0__two.sql");
    assertThat(report.rolledBack())
        .extracting(RolledBack::file)
        .containsExactly("U1.2.0__two.sql", "U1.1.0__one.sql");
    assertThat(report.left()).isEmpty();
    assertThat(report.before()).isEqualTo(report.after());
    assertThat(report.after().map(Object::toString)).contains("1.0.0");
    assertThat(tables()).containsExactly("before");
    assertThat(database.history())
        .containsExactly("1.0.0 applied", "1.1.0 rolled_back", "1.2.0 rolled_back", "1.3.0 failed");
    assertThat(database.advisoryLocks()).isEmpty();

    table("1.3.0", "bad");
    assertThat(applyOrRollBack().isApplied()).isTrue();
    assertThat(tables()).containsExactly("bad", "before", "never", "one", "two");
  }

  @Test
  void aFailedVerificationTakesAllBack() throws Exception {
    table("1.0.0", "one");
    script("V1.1.0__two.sql", "-- verify-after: SELECT 1 AS bad\nCREATE TABLE public.two (a INT);");
    script("U1.1.0__two.sql", "DROP TABLE public.two;");
    assertThat(applyOrRollBack().failure().orElseThrow()).hasMessageContaining("(bad = 1)");
    assertThat(tables()).isEmpty();
  }

  @Test
  void aMissingWayBackIsRefusedBeforeAnythingIsApplied() throws Exception {
    table("1.0.0", "one");
    table("1.1.0", "two");
    Files.delete(folder.resolve("U1.1.0__two.sql"));
    assertThatExceptionOfType(MigrationException.class)
        .isThrownBy(this::applyOrRollBack)
        .withMessageContaining("V1.1.0__two.sql")
        .withMessageContaining("nothing was applied")
        .satisfies(e -> assertThat(e.kind()).isEqualTo(Kind.INVALID_SCRIPT));
    assertThat(tables()).isEmpty();
  }

  @Test
  void whatCannotBeTakenBackIsNamedWithAllBeforeIt() throws Exception {
    table("1.0.0", "one");
    table("1.1.0", "two");
    table("1.2.0", "three");
    failing("1.3.0");
    script("U1.1.0__two.sql", "SELECT 2 / 0;");

    ApplyOrRollBackReport report = applyOrRollBack();

    assertThat(report.rolledBack())
        .extracting(RolledBack::file)
        .containsExactly("U1.2.0__three.sql");
    assertThat(report.left()).extracting(ScriptId::toString).containsExactly("1.0.0", "1.1.0");
    assertThat(report.after().map(Object::toString)).contains("1.1.0");
    assertThat(report.failure().orElseThrow().getSuppressed())
        .singleElement()
        .satisfies(e -> assertThat(e).hasMessageContaining("U1.1.0__two.sql"));
    assertThat(tables()).containsExactly("one", "two");
    assertThat(database.history()).contains("1.0.0 applied", "1.1.0 applied", "1.2.0 rolled_back");
  }

  /** Its first statement is committed when the second one fails. */
  @Test
  void aScriptWithoutTransactionIsTakenBackFromWhereItStopped() throws Exception {
    table("1.0.0", "one");
    String begun =
        """
        -- transactional: no
        CREATE INDEX CONCURRENTLY IF NOT EXISTS one_a ON public.one (a);
        CREATE TABLE IF NOT EXISTS public.half (a INT);
        """;
    script("V1.1.0__half.sql", begun + "SELECT 1 / 0;");
    script(
        "U1.1.0__half.sql",
        """
        -- transactional: no
        DROP TABLE IF EXISTS public.half;
        DROP INDEX CONCURRENTLY IF EXISTS public.one_a;
        """);

    ApplyOrRollBackReport report = applyOrRollBack();

    assertThat(report.rolledBack())
        .extracting(RolledBack::file)
        .containsExactly("U1.1.0__half.sql", "U1.0.0__one.sql");
    assertThat(tables()).isEmpty();
    assertThat(database.history()).containsExactly("1.0.0 rolled_back", "1.1.0 rolled_back");
    script("V1.1.0__half.sql", begun);
    assertThat(applyOrRollBack().applied()).as("from their first statements").hasSize(2);
    assertThat(tables()).containsExactly("half", "one");
  }

  @Test
  void aProcessThatIsKilledOnTheWayBackLeavesAWholeVersion() throws Exception {
    table("1.0.0", "one");
    table("1.1.0", "two");
    table("1.2.0", "three");
    failing("1.3.0");
    script("U1.1.0__two.sql", "DROP TABLE public.two; SELECT pg_sleep(600);");
    PGSimpleDataSource source = (PGSimpleDataSource) database.dataSource();
    String sleeping =
        "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%'"
            + " AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";
    try (ChildJvm child =
        ChildJvm.start(
            Child.class,
            List.of(source.getURL(), String.valueOf(source.getUser()), folder.toString()),
            Map.of(),
            logs.resolve("child.log"))) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> !database.query(sleeping).isEmpty());
      child.kill();
    }
    assertThat(database.history())
        .containsExactly("1.0.0 applied", "1.1.0 applied", "1.2.0 rolled_back", "1.3.0 failed");
    terminate(sleeping);
    assertThat(tables()).as("its transaction is gone").containsExactly("one", "two");

    table("1.1.0", "two");
    table("1.3.0", "bad");
    assertThat(runner().validate().checks())
        .extracting(check -> check.message())
        .noneMatch(message -> message.contains("running"));
    assertThat(applyOrRollBack().applied())
        .extracting(Applied::migration)
        .extracting(Object::toString)
        .containsExactly("V1.2.0__three.sql", "V1.3.0__bad.sql");
    assertThat(tables()).containsExactly("bad", "one", "three", "two");
  }

  /** The server notices only at the end of a statement that its client is gone. */
  private void terminate(String query) throws SQLException {
    for (String pid : database.query(query)) {
      assertThat(database.query("SELECT pg_terminate_backend(" + pid + ", 60000)"))
          .containsExactly("t");
    }
  }

  /** The process that is killed. */
  static final class Child {
    private Child() {}

    public static void main(String[] args) {
      PGSimpleDataSource dataSource = new PGSimpleDataSource();
      dataSource.setURL(args[0]);
      dataSource.setUser(args[1]);
      ApplyOrRollBackReport report =
          MigrationRunner.builder()
              .dataSource(dataSource)
              .scripts(Path.of(args[2]))
              .build()
              .applyOrRollBack(Optional.empty());
      System.out.println(report);
    }
  }
}
