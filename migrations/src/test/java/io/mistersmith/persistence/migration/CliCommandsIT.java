package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.CliRun.Started;
import io.mistersmith.persistence.migration.internal.lock.AdvisoryLock;
import io.mistersmith.persistence.migration.internal.script.BundledSets;
import io.mistersmith.persistence.migration.report.MigrationReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The commands of the executable jar: exit codes, own scripts, and several starters at once. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#newest")
class CliCommandsIT extends RunsMigrations {
  @SuppressWarnings("unused") // JUnit hands the version to the lifecycle method
  CliCommandsIT(int majorVersion) {}

  @Test
  void exitCodesSayWhatSortOfTroubleItIs() throws Exception {
    assertThat(run("apply", "--url", "jdbc:postgresql://localhost/x?password=secret"))
        .satisfies(
            refused -> {
              assertThat(refused.exitCode()).isEqualTo(2);
              assertThat(refused.stderr()).contains("PG_PASSWORD").doesNotContain("secret");
            });
    assertThat(run("apply", "--set", "audti").exitCode()).isEqualTo(2);
    assertThat(run("apply", "--set", "statements"))
        .satisfies(
            refused -> {
              assertThat(refused.exitCode()).isEqualTo(2);
              assertThat(refused.stderr()).contains("Set statements needs set monitoring");
            });
    assertThat(run("sets").stdout().lines())
        .anyMatch(line -> line.matches("core +agents, tasks.*"))
        .anyMatch(line -> line.matches("statements +alerts.*\\(needs core, monitoring\\)"));
    assertThat(run("apply", "--to", "99.0.0").exitCode()).isEqualTo(2);
    CliRun unreachable = run("apply", "--json", "--url", "jdbc:postgresql://127.0.0.1:1/x");
    assertThat(unreachable.exitCode()).isEqualTo(5);
    assertThat(unreachable.stdout()).contains("\"kind\":\"DATABASE_UNAVAILABLE\"");
    try (Connection holder = database.connect();
        Statement statement = holder.createStatement()) {
      statement.execute("SELECT pg_advisory_lock(" + AdvisoryLock.KEY + ")");
      assertThat(run("apply", "--lock-wait", "0").exitCode()).isEqualTo(4);
    }
    script("V1.0.0__bad.sql", "SELECT 1 / 0;");
    CliRun failed = run("apply", "--scripts", folder.toString());
    assertThat(failed.exitCode()).isEqualTo(1);
    assertThat(failed.stderr()).contains("V1.0.0__bad.sql", "line 1", "division by zero");
  }

  @Test
  void scriptBegunByNewIsAppliedTriedOutAndRolledBack() throws Exception {
    String scripts = folder.resolve("own").toString();
    assertThat(run("new", "Add a thing", "--scripts", scripts).exitCode()).isZero();
    Path forward = Path.of(scripts, "V1.0.0__add_a_thing.sql");
    Path back = Path.of(scripts, "U1.0.0__add_a_thing.sql");
    Files.writeString(forward, Files.readString(forward) + "CREATE TABLE public.thing (a INT);");
    Files.writeString(back, Files.readString(back) + "DROP TABLE public.thing;");

    assertThat(run("apply", "--dry-run", "--scripts", scripts).stdout()).contains("V1.0.0__add");
    assertThat(tables()).isEmpty();
    assertThat(run("apply", "--scripts", scripts).exitCode()).isZero();
    assertThat(tables()).containsExactly("thing");
    assertThat(run("rollback", "--last", "--scripts", scripts).exitCode()).isZero();
    assertThat(tables()).isEmpty();
    assertThat(database.history()).containsExactly("1.0.0 rolled_back");
    try (Stream<Path> files = Files.list(Path.of(scripts))) {
      assertThat(files).hasSize(2);
    }
  }

  @Test
  void whatIsAppliedIsNotPendingAnyMore() throws Exception {
    assertThat(run("plan", "--check").exitCode()).isEqualTo(3);
    assertThat(run("apply", "--json").exitCode()).isZero();
    CliRun again = run("apply", "--json");
    assertThat(again.exitCode()).isZero();
    assertThat(again.stdout()).contains("\"applied\":[]");
    assertThat(run("plan", "--check").exitCode()).isZero();
    assertThat(run("info").stdout().lines()).allMatch(line -> line.contains(" applied "));
  }

  @Test
  void bundledScriptsPassTheLint() throws Exception {
    List<String> arguments = new ArrayList<>(List.of("lint", "--strict"));
    BundledSets.list().forEach(set -> arguments.addAll(List.of("--set", set.name())));
    CliRun lint = run(arguments.toArray(String[]::new));
    assertThat(lint.exitCode()).as(lint.stdout()).isZero();
  }

  @Test
  void ofTwentyStartersThreeOfThemProcessesOneApplies() throws Exception {
    List<Started> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(CliRun.start(server(), name(), folder, "apply", "--json"));
    }
    List<Future<MigrationReport>> others = new ArrayList<>();
    for (int i = 0; i < 17; i++) {
      MigrationRunner runner = MigrationRunner.of(database.dataSource());
      others.add(threads.submit(() -> runner.apply()));
    }
    int appliers = 0;
    for (Future<MigrationReport> other : others) {
      appliers += other.get(5, TimeUnit.MINUTES).applied().isEmpty() ? 0 : 1;
    }
    for (Started process : processes) {
      CliRun run = process.await();
      assertThat(run.exitCode()).as(run.stderr()).isZero();
      appliers += run.stdout().contains("\"applied\":[]") ? 0 : 1;
    }
    assertThat(appliers).isEqualTo(1);
  }

  private CliRun run(String... arguments) throws Exception {
    return CliRun.of(server(), name(), folder, arguments);
  }

  private String name() throws Exception {
    return database.query("SELECT current_database()").get(0);
  }
}
