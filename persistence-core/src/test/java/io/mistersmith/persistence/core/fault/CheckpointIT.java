package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints.Restored;
import io.mistersmith.persistence.checkpoint.ForkOptions;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of a thousand keys: how long they take, and when their restorer is killed. */
@Tag("fault")
class CheckpointIT {

  private static final int KEYS = 1_000;
  private static final int ROUNDS = Repetitions.of(12, 3);
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir Path directory;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static FaultServers servers;

  @BeforeAll
  static void start() {
    servers = FaultServers.unharmed();
  }

  @Test
  void aRestorerThatIsKilledIsRunAgain() throws IOException {
    Installation installation = servers.installation();
    try (Persistence persistence = installation.open()) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      save(states, agent, KEYS, 1);
      Checkpoint made = persistence.checkpoints().create(agent, CheckpointOptions.full());
      save(states, agent, KEYS + 50, 2);

      try (ChildJvm restorer = start(installation, made)) {
        assertThat(restorer.stdout().readLine()).isEqualTo("ready");
        restorer.stdin().println("go");
        await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(5))
            .until(() -> restored(states, agent) >= 200);
        restorer.kill();
        assertThat(restorer.awaitExit(SOON)).isPresent();
      }
      long done = restored(states, agent);
      assertThat(done).as("restored by the killed one").isBetween(200L, KEYS - 100L);

      Restored restored = persistence.checkpoints().restore(made.id(), SOON);

      assertThat(restored.unchanged()).isEqualTo((int) done);
      assertThat(restored.written() + restored.unchanged()).isEqualTo(KEYS);
      assertThat(values(states, agent))
          .hasSize(KEYS)
          .allSatisfy((key, n) -> assertThat(n).isEqualTo(1));
      Map<StateKey, Row> rows = installation.rows();
      assertThat(rows.values().stream().filter(row -> row.number() == 1)).hasSize(KEYS);
      assertThat(rows.values().stream().filter(row -> row.number() == -1)).hasSize(50);
      assertThat(persistence.lifecycleEvents().list(agent, 1))
          .extracting(LifecycleEvent::type)
          .containsExactly("checkpoint_restored");
      servers.report(
          "KillRestorer",
          "keys=%d by_the_killed=%d by_the_next=%d"
              .formatted(KEYS, done, restored.written() + restored.deleted()));
    }
    installation.assertNothingWentBack();
  }

  private static long restored(StateRepository<Long> states, AgentId agent) {
    return values(states, agent).values().stream().filter(number -> number == 1).count();
  }

  private ChildJvm start(Installation installation, Checkpoint checkpoint) {
    return ChildJvm.start(
        RestorerProcess.class,
        installation.asArguments(List.of(checkpoint.id().toString())),
        Map.of(),
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"),
        directory.resolve("restorer.log"));
  }

  private static void save(StateRepository<Long> states, AgentId agent, int keys, long number) {
    Map<StateKey, Long> values = new HashMap<>();
    for (int i = 0; i < keys; i++) {
      values.put(StateKey.of(agent, "k" + i), number);
    }
    states.saveAll(values).forEach((key, row) -> row.orElseThrow());
  }

  private static Map<StateKey, Long> values(StateRepository<Long> states, AgentId agent) {
    Map<StateKey, Long> values = new HashMap<>();
    states
        .findAll(states.keys(agent, ""))
        .forEach((key, row) -> values.put(key, row.orElseThrow().orElseThrow().value()));
    return values;
  }

  @Test
  void aThousandKeysAreMeasured() {
    Installation installation = servers.installation();
    try (Persistence persistence = installation.open()) {
      AgentId agent = installation.register(persistence, 1).get(0);
      AgentId id = agent;
      StateRepository<String> states = persistence.states(String.class);
      List<Long> creates = new ArrayList<>();
      List<Long> changes = new ArrayList<>();
      List<Long> restores = new ArrayList<>();
      List<Long> forks = new ArrayList<>();
      List<Long> saves = new ArrayList<>();
      for (int round = 0; round < ROUNDS; round++) {
        save(states, agent, "a".repeat(500) + round);
        persistence.lifecycle().flush(agent, SOON);
        long began = System.nanoTime();
        Checkpoint made = persistence.checkpoints().create(id, CheckpointOptions.full());
        creates.add(System.nanoTime() - began);
        assertThat(made.entries()).isEqualTo(KEYS);
        states.save(StateKey.of(agent, "k7"), "one");
        persistence.lifecycle().flush(agent, SOON);
        began = System.nanoTime();
        persistence.checkpoints().create(id, CheckpointOptions.changes());
        changes.add(System.nanoTime() - began);
        began = System.nanoTime();
        save(states, agent, "b".repeat(500) + round);
        persistence.lifecycle().flush(agent, SOON);
        saves.add(System.nanoTime() - began);
        Restored restored = persistence.checkpoints().restore(made.id(), SOON);
        assertThat(restored.written()).isEqualTo(KEYS);
        restores.add(restored.took().toNanos());
        AgentId another = installation.register(persistence, 1).get(0);
        Restored forked =
            persistence.checkpoints().fork(made.id(), another, ForkOptions.toEmpty(SOON));
        assertThat(forked.written()).isEqualTo(KEYS);
        forks.add(forked.took().toNanos());
      }
      servers.report(
          "ThousandKeys",
          "create_ms=%d changes_ms=%d restore_ms=%d fork_ms=%d save_and_flush_ms=%d (medians of %d)"
              .formatted(
                  median(creates),
                  median(changes),
                  median(restores),
                  median(forks),
                  median(saves),
                  ROUNDS));
    }
  }

  private static void save(StateRepository<String> states, AgentId agent, String value) {
    Map<StateKey, String> values = new HashMap<>();
    for (int i = 0; i < KEYS; i++) {
      values.put(StateKey.of(agent, "k" + i), value);
    }
    states.saveAll(values).forEach((key, row) -> row.orElseThrow());
  }

  private static long median(List<Long> nanos) {
    return Objects.requireNonNull(nanos.stream().sorted().toList().get(nanos.size() / 2))
        / 1_000_000;
  }
}
