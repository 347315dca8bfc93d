package io.mistersmith.persistence.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.migration.internal.script.BundledSets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The executable jar on the oldest and the newest PostgreSQL; with {@code -Pfull} on each. */
@ParameterizedClass(name = "PostgreSQL {0}")
@MethodSource("io.mistersmith.persistence.migration.PostgresVersions#ends")
class CliIT extends RunsMigrations {
  private static final List<String> SETS = List.of("monitoring", "online", "recovery");

  private final int majorVersion;

  CliIT(int majorVersion) {
    this.majorVersion = majorVersion;
  }

  @Test
  void bringsAnEmptyDatabaseToTheLatestVersionAndProvesTheWaysBack() throws Exception {
    CliRun first = run(withSets("apply", "--json"));
    assertThat(first.exitCode()).as(first.stderr()).isZero();
    assertThat(first.stdout()).contains("\"applied\":[{\"set\":\"core\",\"version\":\"1.0.0\"");
    assertThat(first.stderr()).as("progress").contains("Applied V1.0.0__");

    CliRun validated = run(withSets("validate"));
    assertThat(validated.exitCode()).as(validated.stdout()).isZero();
    // RollbackVerificationIT verifies all sets on 18.
    boolean all = PostgresVersions.full() && majorVersion < 18;
    CliRun verified = run(all ? withSets("verify-rollback") : new String[] {"verify-rollback"});
    assertThat(verified.exitCode()).as(verified.stdout() + verified.stderr()).isZero();
    assertThat(verified.stdout().lines().filter(line -> line.startsWith("ok")))
        .hasSize(all ? scripts() : BundledSets.core().migrations().size());
  }

  private static String[] withSets(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    SETS.forEach(set -> all.addAll(List.of("--set", set)));
    return all.toArray(String[]::new);
  }

  private static int scripts() {
    int scripts = BundledSets.core().migrations().size();
    for (String set : SETS) {
      scripts += BundledSets.read(set).migrations().size();
    }
    return scripts;
  }

  private CliRun run(String... arguments) throws Exception {
    return CliRun.of(server(), name(), folder, arguments);
  }

  private String name() throws Exception {
    return database.query("SELECT current_database()").get(0);
  }
}
