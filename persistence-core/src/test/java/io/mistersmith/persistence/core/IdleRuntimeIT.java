package io.mistersmith.persistence.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.NatsConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.testkit.server.NatsServer;
import io.mistersmith.persistence.testkit.server.PostgresServer;
import io.mistersmith.persistence.testkit.server.TestServers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How many threads a runtime has that has read once and then does nothing. */
class IdleRuntimeIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int MOST = 10;
  private static final String JNATS = "persistence-nats-io-.*|nats:.*|jnats-.*";
  private static final String HIKARI = "persistence-pool-.*|PostgreSQL-JDBC.*";

  @Test
  void hasFewThreads() {
    PostgresServer postgres = TestServers.postgres();
    NatsServer nats = TestServers.nats();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    String name = "idle_" + ProcessHandle.current().pid();
    PostgresConfig database = PostgresConfig.of(postgres.createDatabase(name), postgres.user());
    PersistenceConfig config =
        PersistenceConfig.builder(
                NatsConfig.builder(nats.url()).namePrefix(name + "-").build(),
                postgres
                    .password()
                    .map(secret -> database.toBuilder().password(secret).build())
                    .orElse(database)
                    .toBuilder()
                    .migrateOnOpen()
                    .build())
            .build();
    try (Persistence persistence = Persistence.open(config)) {
      Agent agent = persistence.agents().save(Agent.of("worker", "one")).value();
      for (DataType type : List.of(DataType.AGENT_STATE, DataType.SESSION_DATA)) {
        StateRepository<String> states =
            persistence.states(StateType.untyped(String.class).in(type));
        StateKey key = StateKey.of(agent.id(), "key");
        states.save(key, "value");
        assertThat(states.find(key)).isPresent();
        assertThat(states.saveAsync(key, "another", SaveOptions.unconditional()))
            .succeedsWithin(SOON);
        await()
            .atMost(SOON)
            .until(() -> persistence.operations().cacheStats(type).orElseThrow().watching());
      }
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(names(before))
                      .filteredOn(thread -> !thread.matches(JNATS + "|" + HIKARI))
                      .hasSizeLessThanOrEqualTo(MOST)
                      .anyMatch(thread -> thread.startsWith("persistence-flush"))
                      .noneMatch(thread -> thread.startsWith("persistence-call-")));
      List<String> names = names(before);
      System.out.printf(
          "idle runtime: %d threads of the library, %d of jnats, %d of the pools: %s%n",
          names.stream().filter(thread -> !thread.matches(JNATS + "|" + HIKARI)).count(),
          names.stream().filter(thread -> thread.matches(JNATS)).count(),
          names.stream().filter(thread -> thread.matches(HIKARI)).count(),
          names);
    }
  }

  private static List<String> names(Set<Thread> before) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !before.contains(thread))
        .filter(thread -> thread.getName().startsWith("persistence-"))
        .map(Thread::getName)
        .sorted()
        .collect(Collectors.toList());
  }
}
