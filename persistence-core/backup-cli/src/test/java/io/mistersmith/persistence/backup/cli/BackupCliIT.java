package io.mistersmith.persistence.backup.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.migration.MigrationRunner;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresProgram;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.ds.PGSimpleDataSource;

/** The command line against real servers: a backup from its begin to a drill and to its damage. */
class BackupCliIT {

  @TempDir private static Path directory;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static NatsServer nats;

  @SuppressWarnings("NullAway.Init")
  private static PostgresServer postgres;

  @BeforeAll
  static void start() throws IOException {
    nats = NatsServer.start(NatsOptions.defaults());
    postgres = PostgresServer.start(PostgresOptions.defaults().withMajorVersion(majorVersion()));
    Properties settings = settings("agents");
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(postgres.createDatabase("agents"));
    source.setUser(postgres.user());
    assertThat(MigrationRunner.builder().dataSource(source).sets("recovery").build().apply())
        .isNotNull();
    write(settings, "backup.properties");
    fill(PersistenceConfig.from(settings).build());
  }

  @AfterAll
  static void stop() {
    try {
      postgres.close();
    } finally {
      nats.close();
    }
  }

  private static int majorVersion() {
    String version = PostgresProgram.find("pg_dump").version();
    return Math.min(18, Math.max(15, Integer.parseInt(version.replaceFirst("\\D.*", ""))));
  }

  private static Properties settings(String database) {
    Properties settings = new Properties();
    settings.setProperty("PG_HOST", postgres.host());
    settings.setProperty("PG_PORT", Integer.toString(postgres.port()));
    settings.setProperty("PG_DATABASE", database);
    settings.setProperty("PG_USER", postgres.user());
    settings.setProperty("NATS_SERVERS", nats.url());
    settings.setProperty("NATS_KV_REPLICAS", "1");
    settings.setProperty("NATS_KV_MAX_SIZE", "64MB");
    settings.setProperty("BACKUP_TARGET", directory.resolve("target").toString());
    settings.setProperty(
        "BACKUP_PROGRAMS",
        PostgresProgram.scripts(directory.resolve("programs"), "pg_dump", "pg_restore").toString());
    return settings;
  }

  private static Path write(Properties settings, String name) throws IOException {
    Path file = directory.resolve(name);
    try (Writer out = Files.newBufferedWriter(file)) {
      settings.store(out, null);
    }
    return file;
  }

  private static void fill(PersistenceConfig config) {
    try (Persistence persistence = Persistence.open(config)) {
      Agent agent = persistence.agents().save(Agent.of("worker", "one")).value();
      StateRepository<Long> states = persistence.states(Long.class);
      for (long i = 0; i < 50; i++) {
        assertThat(states.save(StateKey.of(agent.id(), "key-" + i), i)).isNotNull();
      }
    }
  }

  private static CliRun run(String... arguments) {
    Path file = directory.resolve("backup.properties");
    return CliRun.of(
        Stream.concat(Stream.of(arguments), Stream.of("--properties", file.toString()))
            .toArray(String[]::new));
  }

  @Test
  void aBackupIsMadeVerifiedDrilledAndItsDamageIsFound() throws Exception {
    CliRun made = run("backup", "--json");
    assertThat(made.exitCode()).as(made.err()).isZero();
    assertThat(made.err()).as("progress").contains("dump done", "stream KV_");
    JsonNode backup = new JsonMapper().readTree(made.out());
    String id = backup.path("id").asText();
    assertThat(backup.path("bytes").asLong()).isPositive();
    assertThat(backup.path("positions")).isNotEmpty();

    assertThat(run("list").out()).contains(id, "1 listed");
    assertThat(run("list", "--max-age", "1").exitCode()).isZero();
    assertThat(run("verify").exitCode()).isZero();

    CliRun refused = run("restore");
    assertThat(refused.exitCode()).as(refused.err()).isEqualTo(ExitCode.REFUSED);
    assertThat(run("restore", "--plan").out()).contains("1. ");

    CliRun drill = drill();
    assertThat(drill.exitCode()).as(drill.out() + drill.err()).isZero();
    assertThat(drill.out()).contains("Passed", "RTO", "RPO");

    Path dump = dump(id);
    byte[] bytes = Files.readAllBytes(dump);
    bytes[bytes.length / 2] ^= 1;
    Files.write(dump, bytes);
    CliRun damaged = run("verify", id);
    assertThat(damaged.exitCode()).isEqualTo(ExitCode.FINDINGS);
    assertThat(damaged.out()).contains("CHANGED", "backups/" + id + "/");

    CliRun pruned = run("prune", "--dry-run");
    assertThat(pruned.exitCode()).isZero();
    assertThat(pruned.out()).contains("kept " + id);
  }

  private static CliRun drill() throws IOException {
    try (NatsServer scratch = NatsServer.start(NatsOptions.defaults())) {
      assertThat(postgres.createDatabase("scratch")).isNotBlank();
      Properties into = settings("scratch");
      into.setProperty("NATS_SERVERS", scratch.url());
      into.keySet().removeIf(name -> name.toString().startsWith("BACKUP_"));
      return run("drill", "--into", write(into, "scratch.properties").toString());
    }
  }

  /** Returns the largest file under the backup's directory that is PostgreSQL's. */
  private static Path dump(String id) throws IOException {
    Path backup = directory.resolve("target").resolve("backups").resolve(id);
    try (Stream<Path> files = Files.walk(backup)) {
      return files
          .filter(file -> file.toString().endsWith(".dump"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no dump in " + backup));
    }
  }

  @Test
  void theJarRuns() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                System.getProperty("backup.cli"),
                "list",
                "--target",
                directory.resolve("nothing").toString())
            .redirectErrorStream(true)
            .start();
    String printed;
    try (BufferedReader output = process.inputReader()) {
      printed = String.join("\n", output.lines().toList());
    }
    assertThat(process.waitFor()).as(printed).isZero();
    assertThat(printed).contains("There is no backup.");
  }
}
