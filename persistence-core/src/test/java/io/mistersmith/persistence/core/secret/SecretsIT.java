package io.mistersmith.persistence.core.secret;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.config.Secret;
import io.mistersmith.persistence.core.MigratedDatabase;
import io.mistersmith.persistence.core.alert.WebhookSink;
import io.mistersmith.persistence.core.metrics.PersistenceMetrics;
import io.mistersmith.persistence.core.metrics.PersistenceObservations;
import io.mistersmith.persistence.knowledge.Fact;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Alerts;
import io.mistersmith.persistence.operations.Alerts.Alert;
import io.mistersmith.persistence.operations.Alerts.AlertChange;
import io.mistersmith.persistence.operations.Alerts.Change;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.session.NewSession;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresOptions;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Gives the library secrets, has it work and fail with them, and looks at all that it shows: log
 * lines of every level, failures with their causes, texts of objects, metrics, events and reports.
 */
class SecretsIT {

  private static final Duration SOON = Duration.ofSeconds(60);

  private static final String PASSWORD = Planted.secret("password");
  private static final String VALUE = Planted.secret("value");

  /** 32 bytes. */
  private static final String MASTER_KEY = Planted.secret("encryption-key-01");

  private static final String MAIN = "main";

  /** Those of the library and of the pool, whose lines name what they were given. */
  private static final List<String> LOGGERS =
      List.of("io.mistersmith.persistence", "com.zaxxer.hikari");

  @TempDir private Path directory;
  private final Told told = new Told();
  private final Map<String, Level> levels = new HashMap<>();
  private int leaksBefore;

  @BeforeEach
  void logEverything() {
    leaksBefore = SecretAppender.leaks().size();
    for (String name : LOGGERS) {
      Logger logger = (Logger) LoggerFactory.getLogger(name);
      levels.put(name, logger.getLevel());
      logger.setLevel(Level.TRACE);
    }
  }

  @AfterEach
  void logAsBefore() {
    levels.forEach((name, level) -> ((Logger) LoggerFactory.getLogger(name)).setLevel(level));
  }

  private void check() {
    told.check();
    assertThat(SecretAppender.leaks().subList(leaksBefore, SecretAppender.leaks().size()))
        .as("lines that tell a secret")
        .isEmpty();
  }

  @Test
  void workTellsNothing() throws SQLException, IOException {
    PostgresOptions withPassword =
        PostgresOptions.defaults()
            .withoutSync()
            .withAccessRules(
                "host all app 127.0.0.1/32 scram-sha-256", "host all postgres 127.0.0.1/32 trust");
    NatsOptions withUser =
        NatsOptions.defaults()
            .withConfigLine("authorization { user: app, password: \"" + PASSWORD + "\" }");
    try (PostgresServer postgres = PostgresServer.start(withPassword);
        NatsServer nats = NatsServer.start(withUser)) {
      createRole(postgres);
      PersistenceConfig config =
          config(
              NatsConfig.builder(nats.url().replace("nats://", "nats://app:" + PASSWORD + "@")),
              PostgresConfig.builder(
                      postgres.jdbcUrl() + "?sslpassword=" + Planted.secret("url"), "app")
                  .password(Secret.of(PASSWORD)),
              encryption(base64(MASTER_KEY)));
      told.object("configuration", config);
      told.object("encryption", config.encryption());
      told.object("NATS", config.nats());
      told.object("PostgreSQL", config.postgres());
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      PersistenceMetrics metrics = PersistenceMetrics.builder(meters).build();
      try (Persistence runtime =
          Persistence.open(config.toBuilder().listener(told.and(metrics)).build())) {
        metrics.bind(runtime, Duration.ofSeconds(1));
        work(runtime);
        reports(runtime);
        told.object("encryption at work", runtime.operations().encryption());
        loseKeys(config, runtime);
        nats.kill();
        told.failure("a write without NATS", () -> write(runtime, AgentId.external("user")));
      } finally {
        metrics.close();
      }
      meters.getMeters().forEach(meter -> told.object("meter", meter.getId() + " " + meter));
    }
    assertThat(told.events()).isPositive();
    assertThat(told.spans()).isPositive();
    check();
  }

  private static void createRole(PostgresServer postgres) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), "");
        Statement statement = connection.createStatement()) {
      boolean unused =
          statement.execute("CREATE ROLE app LOGIN SUPERUSER PASSWORD '" + PASSWORD + "'");
    }
  }

  private static String base64(String key) {
    return Base64.getEncoder().encodeToString(key.getBytes(UTF_8));
  }

  /** Encryption by a master key in a file with this text. */
  private EncryptionConfig encryption(String text) throws IOException {
    Path file = Files.writeString(directory.resolve(MAIN + ".key"), text, UTF_8);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return EncryptionConfig.builder(KeyProvider.ofFiles(directory), MAIN).keyOfEachOwner().build();
  }

  /** Has an entry become unreadable, and new keys not to be had. */
  private void loseKeys(PersistenceConfig config, Persistence runtime) throws IOException {
    AgentId owner = AgentId.external("keyless");
    Object unusedValue = write(runtime, owner);
    int unused = runtime.operations().encryption().destroy(owner.toString());
    try (Persistence later = Persistence.open(config)) {
      told.failure(
          "a read without the key",
          () -> later.states(String.class).find(StateKey.of(owner, "key")));
    }
    List<String> texts = List.of(MASTER_KEY, base64(MASTER_KEY + "x"));
    for (String text : texts) {
      EncryptionConfig unusedConfig = encryption(text);
      AgentId next = AgentId.external("user " + texts.indexOf(text));
      told.failure("a write by a key that is none", () -> write(runtime, next));
    }
  }

  private PersistenceConfig config(
      NatsConfig.Builder nats, PostgresConfig.Builder postgres, EncryptionConfig encryption) {
    return config(nats, postgres).toBuilder().encryption(encryption).build();
  }

  private PersistenceConfig config(NatsConfig.Builder nats, PostgresConfig.Builder postgres) {
    return PersistenceConfig.builder(
            nats.openTimeout(Duration.ofSeconds(2)).build(),
            postgres
                .allRoles(role -> role.acquireTimeout(Duration.ofSeconds(2)))
                .migrateOnOpen("monitoring", "events", "audit")
                .build())
        .monitoring(
            MonitoringConfig.builder()
                .sink("hook", hook())
                .observer(new PersistenceObservations(spans()))
                .build())
        .listener(told)
        .build();
  }

  private ObservationRegistry spans() {
    ObservationRegistry registry = ObservationRegistry.create();
    registry.observationConfig().observationHandler(told);
    return registry;
  }

  private static WebhookSink hook() {
    return WebhookSink.to(URI.create("http://127.0.0.1:1/" + Planted.secret("path")))
        .header("Authorization", "Bearer " + Planted.secret("header"))
        .attempts(1)
        .build();
  }

  private static Object write(Persistence runtime, AgentId owner) {
    return runtime.states(String.class).save(StateKey.of(owner, "key"), VALUE);
  }

  /** Writes values, and has them refused in each way. */
  private void work(Persistence runtime) {
    AgentId agent =
        runtime
            .agents()
            .save(Agent.of("test", "one").withConfiguration(Map.of("api_key", VALUE)))
            .value()
            .id();
    StateKey key = StateKey.of(agent, "key");
    told.object("version", runtime.states(String.class).save(key, "first").revision());
    Object unusedValue = write(runtime, agent);
    told.failure("a read as a number", () -> runtime.states(Integer.class).find(key));
    told.failure(
        "a create of what exists",
        () -> runtime.states(String.class).save(key, VALUE, SaveOptions.ifAbsent()));
    told.failure("a value with a NUL", () -> runtime.states(String.class).save(key, VALUE + "\0"));
    AgentId unknown = AgentId.random();
    Object unusedOrphan = write(runtime, unknown);
    told.failure(
        "a flush of a refused entry",
        () -> {
          runtime.states(String.class).flush(StateKey.of(unknown, "key"), SOON);
          return "flushed";
        });
    told.failure(
        "a fact of an unknown agent",
        () -> runtime.knowledge().save(Fact.of("a", "b", "c", VALUE).withSource(unknown)));
    told.failure(
        "a task of an unknown agent",
        () -> runtime.tasks().enqueue(NewTask.of("t", Map.of("v", VALUE)).createdBy(unknown)));
    told.failure(
        "a task whose parent is unknown",
        () ->
            runtime
                .tasks()
                .enqueue(NewTask.of("t", Map.of("v", VALUE)).withParent(UUID.randomUUID())));
    told.failure(
        "a session of an unknown agent",
        () -> runtime.sessions().open(NewSession.ofAgent(unknown).withUserAgent(VALUE)));
    told.failure("a token that is none", () -> runtime.sessions().find(VALUE).orElseThrow());
    runtime.lifecycle().flush(agent, SOON);
  }

  private void reports(Persistence runtime) {
    Awaitility.await().atMost(SOON).until(() -> runtime.operations().deadLetters().count() > 0);
    told.object("dead letters", runtime.operations().deadLetters().open(10));
    told.object("health", runtime.operations().health().check());
    told.object("notices", runtime.operations().notices());
    told.object("alerts", runtime.operations().alerts().measured());
    told.object("pools", runtime.operations().pools());
    told.object("upkeep", runtime.operations().upkeep().jobs());
    told.object("guard", runtime.guard());
    told.object("runtime", runtime);
  }

  @Test
  void failuresToOpenTellNothing() throws IOException {
    String nowhere = "jdbc:postgresql://127.0.0.1:1/agents?sslpassword=" + Planted.secret("url");
    PostgresConfig.Builder absent =
        PostgresConfig.builder(nowhere, "app").password(Secret.of(PASSWORD));
    failsToOpen("PostgreSQL that is away", "", NatsConfig.builder("nats://127.0.0.1:1"), absent);
    told.failure(
        "a JDBC URL that is none",
        () -> PostgresConfig.builder("jdbc:mysql://app:" + PASSWORD + "@host/", "app").build());
    PostgresServer postgres = TestServers.postgres();
    PostgresConfig.Builder present =
        PostgresConfig.builder(MigratedDatabase.create(), postgres.user())
            .password(Secret.of(postgres.password().orElse(PASSWORD)));
    for (String user : List.of("app:" + PASSWORD, PASSWORD)) {
      String away = "nats://" + user + "@127.0.0.1:1";
      failsToOpen("NATS that is away", "NATS", NatsConfig.builder(away), present);
    }
    failsToOpen(
        "a NATS URL that is none",
        "host:port",
        NatsConfig.builder("nats://app:" + PASSWORD + "@host:port"),
        present);
    Path credentials =
        Files.writeString(
            directory.resolve("user.creds"),
            "-----BEGIN NATS USER JWT-----\n" + Planted.secret("creds") + "\n",
            UTF_8);
    failsToOpen(
        "credentials that are none",
        "NATS",
        NatsConfig.builder("nats://127.0.0.1:1").credentialsFile(credentials),
        present);
    check();
  }

  private void failsToOpen(
      String what, String subject, NatsConfig.Builder nats, PostgresConfig.Builder postgres) {
    told.failure(what, subject, () -> Persistence.open(config(nats, postgres)));
  }

  @Test
  void webhooksTellNothing() {
    WebhookSink hook = hook();
    told.object("webhook", hook);
    told.failure(
        "a webhook that is away",
        () -> {
          hook.tell(alert());
          return "told";
        });
    told.failure(
        "a webhook whose URL is none",
        () -> WebhookSink.to(URI.create("ftp://host/" + Planted.secret("path"))).build());
    told.failure(
        "a webhook whose header is none",
        () -> {
          WebhookSink.to(URI.create("http://127.0.0.1:1/"))
              .header("Authorization", Planted.secret("header") + "\n")
              .attempts(1)
              .build()
              .tell(alert());
          return "told";
        });
    check();
  }

  @Test
  void masterKeysTellNothing() throws IOException {
    EncryptionConfig encryption = encryption(base64(MASTER_KEY));
    KeyProvider files = encryption.provider();
    byte[] key = MASTER_KEY.getBytes(UTF_8);
    KeyProvider memory = KeyProvider.inMemory(Map.of(MAIN, key));
    told.object("encryption", encryption);
    told.object("keys in files", files);
    told.object("keys in memory", memory);
    byte[] wrapped = files.wrap(MAIN, new byte[32]);
    assertThat(memory.unwrap(MAIN, wrapped)).as("the key is the planted one").hasSize(32);
    wrapped[wrapped.length - 1]++;
    told.failure("a wrapped key that was changed", () -> files.unwrap(MAIN, wrapped));
    for (String text : List.of(MASTER_KEY, base64(MASTER_KEY + "x"))) {
      EncryptionConfig unusedConfig = encryption(text);
      told.failure("a master key that is none", () -> files.wrap(MAIN, new byte[32]));
    }
    told.failure(
        "a master key that is too long",
        () -> KeyProvider.inMemory(Map.of(MAIN, (MASTER_KEY + "x").getBytes(UTF_8))));
    EncryptionConfig unusedConfig = encryption(base64(MASTER_KEY));
    Files.setPosixFilePermissions(
        directory.resolve(MAIN + ".key"), PosixFilePermissions.fromString("rw-r--r--"));
    told.failure("a master key that all may read", () -> files.wrap(MAIN, new byte[32]));
    check();
  }

  private static AlertChange alert() {
    return new AlertChange(
        Change.BEGAN,
        new Alert(
            "metric",
            Alerts.Level.WARNING,
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            "message",
            "advice",
            Instant.EPOCH,
            Instant.EPOCH),
        Optional.empty());
  }
}
