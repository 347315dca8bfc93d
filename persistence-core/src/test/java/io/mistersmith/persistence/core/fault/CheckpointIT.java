package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.lifecycle.Checkpoint;
import io.mistersmith.persistence.lifecycle.CheckpointOptions;
import io.mistersmith.persistence.lifecycle.LifecycleEvent;
import io.mistersmith.persistence.lifecycle.Restored;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.StateRepository;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints under writers, under SIGKILL, and of a thousand keys. */
@Tag("fault")
class CheckpointIT {

  private static final int KEYS = 1_000;
  private static final int SNAPSHOTS = 60;
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path directory;

  @SuppressWarnings("NullAway.Init") // set before the tests
  private static FaultServers servers;

  @BeforeAll
  static void start() {
    servers = FaultServers.start();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  /** Writes a number to one key, then to another: nobody may see the second without the first. */
  private static final class Pairs implements AutoCloseable {

    private final StateRepository<Long> states;
    private final StateKey first;
    private final StateKey second;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong acknowledged = new AtomicLong();
    private final Thread thread;

    Pairs(Persistence persistence, String agent, String name) {
      states = persistence.states(Long.class);
      first = StateKey.of(agent, name + ".first");
      second = StateKey.of(agent, name + ".second");
      thread = new Thread(this::write, "fault-pairs-" + name);
      thread.setDaemon(true);
      thread.start();
    }

    private void write() {
      for (long n = 1; !stop.get(); n++) {
        states.save(first, n);
        states.save(second, n);
        acknowledged.set(n);
      }
    }

    @Override
    public void close() {
      stop.set(true);
      await().atMost(SOON).until(() -> !thread.isAlive());
    }
  }

  @Test
  void aSnapshotIsAPrefixOfTheJournalAndHoldsWhatWasAcknowledgedBefore() {
    Installation installation = servers.installation();
    long writes;
    try (Persistence mine = installation.open();
        Persistence other = installation.open()) {
      String agent = installation.register(mine, 1).get(0);
      try (Pairs one = new Pairs(mine, agent, "one");
          Pairs two = new Pairs(mine, agent, "two");
          Pairs theirs = new Pairs(other, agent, "theirs")) {
        for (int i = 0; i < SNAPSHOTS; i++) {
          long floorOfOne = one.acknowledged.get();
          long floorOfTwo = two.acknowledged.get();
          CheckpointOptions options =
              i % 2 == 0 ? CheckpointOptions.full() : CheckpointOptions.changes();
          Checkpoint made = mine.checkpoints().create(UUID.fromString(agent), options);
          Map<String, Long> content = content(mine, made);
          assertPrefix(content, "one", floorOfOne);
          assertPrefix(content, "two", floorOfTwo);
          assertPrefix(content, "theirs", 0);
        }
        writes = one.acknowledged.get() + two.acknowledged.get() + theirs.acknowledged.get();
      }
    }
    assertThat(writes).isGreaterThan(SNAPSHOTS);
    servers.report("Checkpoint", "snapshots=%d pairs=%d torn=0 old=0".formatted(SNAPSHOTS, writes));
  }

  private static Map<String, Long> content(Persistence persistence, Checkpoint checkpoint) {
    Map<String, Long> content = new HashMap<>();
    persistence
        .checkpoints()
        .read(checkpoint.id(), Long.class)
        .forEach((key, version) -> content.put(key.key(), version.value()));
    return content;
  }

  private static void assertPrefix(Map<String, Long> content, String name, long floor) {
    long first = content.getOrDefault(name + ".first", 0L);
    long second = content.getOrDefault(name + ".second", 0L);
    assertThat(second).as("%s, in the order of the writes", name).isBetween(first - 1, first);
    assertThat(second).as("%s, as acknowledged before", name).isGreaterThanOrEqualTo(floor);
  }

  @Test
  void aRestorerThatIsKilledIsRunAgain() throws IOException {
    Installation installation = servers.installation();
    try (Persistence persistence = installation.open()) {
      String agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      save(states, agent, KEYS, 1);
      Checkpoint made =
          persistence.checkpoints().create(UUID.fromString(agent), CheckpointOptions.full());
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
      assertThat(persistence.lifecycleEvents().list(UUID.fromString(agent), 1))
          .extracting(LifecycleEvent::type)
          .containsExactly("checkpoint_restored");
      servers.report(
          "KillRestorer",
          "keys=%d by_the_killed=%d by_the_next=%d"
              .formatted(KEYS, done, restored.written() + restored.deleted()));
    }
    installation.assertNothingWentBack();
  }

  private static long restored(StateRepository<Long> states, String agent) {
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

  private static void save(StateRepository<Long> states, String agent, int keys, long number) {
    Map<StateKey, Long> values = new HashMap<>();
    for (int i = 0; i < keys; i++) {
      values.put(StateKey.of(agent, "k" + i), number);
    }
    states.saveAll(values).forEach((key, row) -> row.orElseThrow());
  }

  private static Map<StateKey, Long> values(StateRepository<Long> states, String agent) {
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
      String agent = installation.register(persistence, 1).get(0);
      UUID id = UUID.fromString(agent);
      StateRepository<String> states = persistence.states(String.class);
      List<Long> creates = new ArrayList<>();
      List<Long> changes = new ArrayList<>();
      List<Long> restores = new ArrayList<>();
      for (int round = 0; round < 12; round++) {
        save(states, agent, "a".repeat(500) + round);
        states.flush(agent, SOON);
        long began = System.nanoTime();
        Checkpoint made = persistence.checkpoints().create(id, CheckpointOptions.full());
        creates.add(System.nanoTime() - began);
        assertThat(made.entries()).isEqualTo(KEYS);
        states.save(StateKey.of(agent, "k7"), "one");
        states.flush(agent, SOON);
        began = System.nanoTime();
        persistence.checkpoints().create(id, CheckpointOptions.changes());
        changes.add(System.nanoTime() - began);
        save(states, agent, "b".repeat(500) + round);
        states.flush(agent, SOON);
        Restored restored = persistence.checkpoints().restore(made.id(), SOON);
        assertThat(restored.written()).isEqualTo(KEYS);
        restores.add(restored.took().toNanos());
      }
      servers.report(
          "ThousandKeys",
          "create_ms=%d changes_ms=%d restore_ms=%d (medians of 12)"
              .formatted(median(creates), median(changes), median(restores)));
    }
  }

  private static void save(StateRepository<String> states, String agent, String value) {
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
