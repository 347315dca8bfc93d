package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.config.PostgresConfig;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** PostgreSQL's processes are stopped: connections stay open, and nobody answers. */
@Tag("fault")
@Execution(ExecutionMode.CONCURRENT)
class FrozenPostgresIT {

  private static final Duration IDLE = Duration.ofMillis(400);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration ACQUIRE = Duration.ofSeconds(2);
  private static final Duration STATEMENT = Duration.ofSeconds(4);

  /** The driver gives up on a silent socket 5 s after the statement's time; that is one call. */
  private static final Duration ONE_CALL = Duration.ofSeconds(9);

  /** For a busy machine. */
  private static final Duration SLACK = Duration.ofSeconds(4);

  private static final int READERS = 12;
  private static final int READS = 100;

  @Test
  void aLoopOfReadsOfAgedEntriesEnds() throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = Persistence.open(config(installation))) {
        StateRepository<Integer> states = persistence.states(Integer.class);
        List<StateKey> keys = writeAged(installation, persistence, states);
        servers.postgres().pause();
        long start = System.nanoTime();
        List<CompletableFuture<Duration>> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
          readers.add(CompletableFuture.supplyAsync(() -> slowestOf(READS, states, keys)));
        }
        Duration slowest = Duration.ZERO;
        for (CompletableFuture<Duration> reader : readers) {
          Duration took = reader.get(5, TimeUnit.MINUTES);
          slowest = took.compareTo(slowest) > 0 ? took : slowest;
        }
        Duration all = Duration.ofNanos(System.nanoTime() - start);
        servers.postgres().resume();
        assertThat(slowest).as("one call").isLessThan(ONE_CALL.plus(SLACK));
        assertThat(all).as("all").isLessThan(ONE_CALL.multipliedBy(2).plus(SLACK));
        await()
            .atMost(SOON)
            .ignoreExceptionsInstanceOf(TransientPersistenceException.class)
            .until(() -> states.find(keys.get(0)).isPresent());
        servers.report(
            "FrozenPostgres reads=" + READERS * READS,
            "slowest_ms=%d all_ms=%d".formatted(slowest.toMillis(), all.toMillis()));
      }
    }
  }

  @Test
  void eachCallEndsInItsTimeAndLaterOnesAtOnce() {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      PersistenceConfig config = config(installation);
      try (Persistence leader = Persistence.open(config);
          Persistence persistence = Persistence.open(config)) {
        StateRepository<Integer> states = persistence.states(Integer.class);
        List<StateKey> keys = writeAged(installation, leader, leader.states(Integer.class));
        StateKey key = keys.get(0);
        AgentId agent = key.agent();
        servers.postgres().pause();
        Revision unflushed = states.save(key, 1).revision();
        Duration limit = Duration.ofMillis(500);
        assertThat(took(() -> states.awaitDurable(key, unflushed, limit)))
            .as("a wait with a deadline of its own")
            .isLessThan(limit.plus(Duration.ofSeconds(2)));
        assertThat(took(() -> states.find(StateKey.of(agent, "not in KV"))))
            .isLessThan(ONE_CALL.plus(SLACK));
        StateKey absent = StateKey.of(agent, "nor this");
        Map<String, Duration> later = new LinkedHashMap<>();
        later.put("find", took(() -> states.find(StateKey.of(agent, "not in KV either"))));
        later.put(
            "findAll",
            took(
                () ->
                    Objects.requireNonNull(states.findAll(List.of(absent)).get(absent))
                        .orElseThrow()));
        later.put("keys", took(() -> states.keys(agent, "")));
        later.put("hydrate", took(() -> persistence.lifecycle().hydrate(agent).brought()));
        later.put("flush", took(() -> persistence.lifecycle().flush(agent, limit)));
        later.put(
            "checkpoints",
            took(
                () ->
                    persistence
                        .checkpoints()
                        .create(agent, CheckpointOptions.full().withDeadline(limit))));
        later.put("agents", took(() -> persistence.agents().save(Agent.of("fault", "late"))));
        later.put("dead letters", took(() -> persistence.operations().deadLetters().count()));
        servers.postgres().resume();
        assertThat(later.values()).allMatch(took -> took.compareTo(Duration.ofSeconds(3)) < 0);
        states.awaitDurable(key, unflushed, SOON);
        servers.report("FrozenPostgres calls=" + later.size(), String.valueOf(later));
      }
    }
  }

  private static PersistenceConfig config(Installation installation) {
    PersistenceConfig config = installation.config();
    return PersistenceConfig.builder(
            config.nats(),
            PostgresConfig.builder(installation.jdbcUrl(), installation.user())
                .connections(1, 2)
                .acquireTimeout(ACQUIRE)
                .statementTimeout(STATEMENT)
                .build())
        .cache(CacheConfig.off())
        .flush(
            config.flush().toBuilder()
                .idleTimeToLive(IDLE)
                .sweepInterval(Duration.ofDays(1))
                .closeDeadline(Duration.ofSeconds(5))
                .build())
        .build();
  }

  private static List<StateKey> writeAged(
      Installation installation, Persistence persistence, StateRepository<Integer> states) {
    AgentId agent = installation.register(persistence, 1).get(0);
    List<StateKey> keys = new ArrayList<>();
    for (int i = 0; i < READS; i++) {
      keys.add(StateKey.of(agent, "key-" + i));
      states.save(keys.get(i), i);
    }
    persistence.lifecycle().flush(agent, SOON);
    Waits.passed(IDLE.multipliedBy(2));
    // Known lately, when the entries were old: so none of them is taken at its word.
    states.awaitDurable(keys.get(0), states.save(keys.get(0), 0).revision(), SOON);
    Waits.passed(IDLE);
    return keys;
  }

  private static Duration slowestOf(
      int reads, StateRepository<Integer> states, List<StateKey> keys) {
    Duration slowest = Duration.ZERO;
    for (int i = 0; i < reads; i++) {
      StateKey key = keys.get(1 + i % (keys.size() - 1));
      Duration took = took(() -> states.find(key));
      slowest = took.compareTo(slowest) > 0 ? took : slowest;
    }
    return slowest;
  }

  /** How long a call takes that fails as transient. */
  private static Duration took(Runnable call) {
    long start = System.nanoTime();
    assertThatThrownBy(call::run).isInstanceOf(TransientPersistenceException.class);
    return Duration.ofNanos(System.nanoTime() - start);
  }
}
