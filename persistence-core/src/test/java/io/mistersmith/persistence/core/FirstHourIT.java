package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Checks the log of a new user's first run, and the messages of the failures that are likely in it.
 */
class FirstHourIT {
  private static final AtomicInteger RUNS = new AtomicInteger();

  private final PostgresServer postgres = TestServers.postgres();
  private final NatsServer nats = TestServers.nats();
  private final String name =
      "first_hour_" + ProcessHandle.current().pid() + "_" + RUNS.incrementAndGet();

  @Test
  void firstRunLogsAHandfulOfLines() {
    Logger logger = (Logger) LoggerFactory.getLogger("io.mistersmith.persistence");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try (Persistence persistence = Persistence.open(config(database()))) {
      Agent agent = persistence.agents().save(Agent.of("worker", "one")).value();
      StateRepository<String> states = persistence.states(String.class);
      var unused = states.watch(agent.id(), change -> {});
      for (int i = 0; i < 10; i++) {
        states.save(StateKey.of(agent.id(), "key-" + i), "value");
      }
    } finally {
      logger.detachAppender(log);
    }
    List<ILoggingEvent> events = List.copyOf(log.list);
    assertThat(events)
        .as(
            "warnings, but for what an old nats-server cannot do and what a busy machine is slow at")
        .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
        .filteredOn(event -> !event.getFormattedMessage().startsWith("nats-server"))
        .filteredOn(event -> event.getLoggerName().indexOf("SlowStatements") < 0)
        .isEmpty();
    List<String> lines =
        events.stream()
            .filter(event -> event.getLevel().isGreaterOrEqual(Level.INFO))
            .filter(event -> event.getLoggerName().indexOf("SlowStatements") < 0)
            .map(ILoggingEvent::getFormattedMessage)
            .filter(line -> !line.startsWith("nats-server"))
            .toList();
    assertThat(lines).hasSizeLessThanOrEqualTo(5);
    assertThat(lines)
        .filteredOn(line -> line.contains("migration"))
        .singleElement()
        .asString()
        .matches("Applied \\d+ migrations in \\d+ ms: the schema went from nothing to version .*")
        .hasSizeLessThan(120);
  }

  @Test
  void unreachableServersAreNamed() throws IOException {
    int unused = unusedPort();
    String url = "jdbc:postgresql://127.0.0.1:" + unused + "/agents?password=s3cret";
    PostgresConfig nowhere = PostgresConfig.builder(url, "app").password("s3cret").build();
    for (PostgresConfig each : List.of(nowhere, nowhere.toBuilder().migrateOnOpen().build())) {
      assertThat(openFails(config(each)))
          .hasMessageContaining("127.0.0.1:" + unused)
          .hasMessageContaining("08001")
          .hasMessageNotContaining("s3cret");
    }
    assertThat(
            openFails(
                PersistenceConfig.builder(NatsConfig.of("nats://127.0.0.1:" + unused), database())
                    .build()))
        .hasMessageContaining("127.0.0.1:" + unused);
  }

  @Test
  void missingDatabaseAndMissingSchemaSayTheNextStep() {
    PostgresConfig database = database();
    assertThat(openFails(config(database.toBuilder().neverMigrate().build())))
        .hasMessageContaining("PostgresConfig.Builder.migrateOnOpen()");
    PostgresConfig missing =
        PostgresConfig.of(database.jdbcUrl().replace(name, "missing"), database.user());
    assertThat(openFails(config(missing)))
        .hasMessageContaining("create it")
        .hasMessageContaining("3D000");
  }

  @Test
  void refusedAgentSaysTheRule() {
    try (Persistence persistence = Persistence.open(config(database()))) {
      Agent agent = Agent.of("worker", "one").withMetadata(Map.of("version", "1"));
      assertThat(fails(() -> persistence.agents().save(agent)))
          .hasMessageContaining(agent.id().toString())
          .hasMessageContaining("valid_agent_metadata")
          .hasMessageContaining("'created_at' as an ISO 8601 time such as 2026-01-31T12:00:00Z");
      Agent orphan = Agent.of("worker", "one").withParent(agent.id());
      assertThat(fails(() -> persistence.agents().save(orphan)))
          .hasMessageContaining("the parent must be registered before its child");
    }
  }

  private PostgresConfig database() {
    PostgresConfig config = PostgresConfig.of(postgres.createDatabase(name), postgres.user());
    return postgres
        .password()
        .map(secret -> config.toBuilder().password(secret).build())
        .orElse(config)
        .toBuilder()
        .migrateOnOpen()
        .build();
  }

  private PersistenceConfig config(PostgresConfig database) {
    return PersistenceConfig.builder(
            NatsConfig.builder(nats.url()).namePrefix(name + "-").build(), database)
        .build();
  }

  private static PersistenceException openFails(PersistenceConfig config) {
    return fails(() -> Persistence.open(config).close());
  }

  private static PersistenceException fails(Runnable call) {
    return Optional.ofNullable(catchThrowableOfType(PersistenceException.class, call::run))
        .orElseThrow(() -> new AssertionError("it did not fail"));
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
