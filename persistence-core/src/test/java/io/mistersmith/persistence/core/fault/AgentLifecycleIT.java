package io.mistersmith.persistence.core.fault;

import static io.mistersmith.persistence.agent.LifecycleState.ACTIVE;
import static io.mistersmith.persistence.agent.LifecycleState.COLD;
import static io.mistersmith.persistence.agent.LifecycleState.EXPIRED;
import static io.mistersmith.persistence.agent.LifecycleState.FLUSHING;
import static io.mistersmith.persistence.agent.LifecycleState.HYDRATING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.Hydration;
import io.mistersmith.persistence.agent.LifecycleState;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Agents that are hydrated, flushed and left idle while processes and servers die. */
@Tag("fault")
@Tag("full")
class AgentLifecycleIT {

  private static final int KEYS = 1_000;
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofSeconds(3);

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

  /** Records the lifecycle changes and evictions that one runtime reports. */
  private static final class RecordedEvents implements PersistenceListener {

    private final List<PersistenceEvent.LifecycleChanged> changes = new CopyOnWriteArrayList<>();
    private final AtomicInteger evicted = new AtomicInteger();

    @Override
    public void on(PersistenceEvent event) {
      if (event instanceof PersistenceEvent.LifecycleChanged change) {
        changes.add(change);
      } else if (event instanceof PersistenceEvent.Evicted sent) {
        evicted.addAndGet(sent.entries());
      }
    }

    List<LifecycleState> reached() {
      return changes.stream().map(PersistenceEvent.LifecycleChanged::to).toList();
    }
  }

  @Test
  void processesThatHydrateAtOnceBringEachKeyOnce() throws Exception {
    Installation installation = servers.installation();
    RecordedEvents one = new RecordedEvents();
    RecordedEvents two = new RecordedEvents();
    try (Streams streams = Streams.of(installation)) {
      AgentId agent = evictedAgent(installation, streams);
      Map<StateKey, Row> before = installation.rows();
      try (ChildJvm child = hydrator(installation, agent, 0);
          Persistence first = installation.open(one);
          Persistence second = installation.open(two)) {
        assertThat(child.stdout().readLine()).isEqualTo("ready");
        child.stdin().println("go");
        List<CompletableFuture<Hydration>> here = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
          here.add(first.lifecycle().hydrateAsync(agent));
          here.add(second.lifecycle().hydrateAsync(agent));
        }
        int brought = 0;
        for (Persistence engine : List.of(first, second)) {
          int index = engine == first ? 0 : 1;
          Hydration hydration = here.get(index).get(SOON.toSeconds(), TimeUnit.SECONDS);
          assertThat(hydration.keys()).isEqualTo(KEYS);
          assertThat(engine.lifecycle().state(agent)).isEqualTo(ACTIVE);
          brought += hydration.brought();
        }
        String[] there = child.stdout().readLine().split(" ", 2);
        assertThat(there[0]).isEqualTo(Integer.toString(KEYS));
        brought += Integer.parseInt(there[1]);

        assertThat(brought).isEqualTo(KEYS);
        assertThat(streams.messages(Installation.tail(agent, ">"))).isEqualTo(KEYS);
        assertThat(one.reached()).startsWith(HYDRATING, ACTIVE);
        assertThat(two.reached()).startsWith(HYDRATING, ACTIVE);
        assertHolds(first, before);
      }
      installation.assertNothingWentBack();
      servers.report(
          "HydrateAtOnce", "processes=3 callers=7 keys=%d brought_twice=0".formatted(KEYS));
    }
  }

  @Test
  void aHydrationThatIsKilledIsCompletedByAnother() throws IOException {
    Installation installation = servers.installation();
    RecordedEvents told = new RecordedEvents();
    try (Streams streams = Streams.of(installation)) {
      AgentId agent = evictedAgent(installation, streams);
      Map<StateKey, Row> before = installation.rows();
      try (ChildJvm child = hydrator(installation, agent, 2)) {
        assertThat(child.stdout().readLine()).isEqualTo("ready");
        child.stdin().println("go");
        await()
            .atMost(SOON)
            .pollInterval(Duration.ofMillis(5))
            .until(() -> streams.messages(Installation.tail(agent, ">")) >= 200);
        child.kill();
      }
      int done = (int) streams.messages(Installation.tail(agent, ">"));
      assertThat(done).as("brought by the killed one").isBetween(200, KEYS - 100);

      List<Hydration.Progress> progress = new CopyOnWriteArrayList<>();
      try (Persistence persistence = installation.open(told)) {
        assertThat(persistence.lifecycle().state(agent)).isEqualTo(COLD);
        Hydration rest = persistence.lifecycle().hydrate(agent, progress::add);

        assertThat(rest.keys()).isEqualTo(KEYS);
        assertThat(rest.brought()).isEqualTo(KEYS - done);
        assertThat(progress.get(0).done()).isEqualTo(done);
        assertThat(progress)
            .hasSizeGreaterThan(10)
            .isSortedAccordingTo((a, b) -> Integer.compare(a.done(), b.done()));
        assertThat(progress.get(progress.size() - 1))
            .isEqualTo(new Hydration.Progress(agent, KEYS, KEYS, rest.bytes()));
        assertThat(told.reached()).containsExactly(HYDRATING, ACTIVE);
        assertThat(streams.messages(Installation.tail(agent, ">"))).isEqualTo(KEYS);
        assertHolds(persistence, before);
        servers.report(
            "KillHydrator",
            "keys=%d by_the_killed=%d by_the_next=%d".formatted(KEYS, done, rest.brought()));
      }
      installation.assertNothingWentBack();
      assertThat(installation.rows()).isEqualTo(before);
    }
  }

  @Test
  void aFlushThatFailsWhenPostgresIsKilledLeavesTheAgentActiveAndItsEntriesDirty() {
    Installation installation = servers.installation();
    RecordedEvents told = new RecordedEvents();
    try (Persistence persistence = installation.open(told)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey first = StateKey.of(agent, "first");
      states.save(first, 1L);
      persistence.lifecycle().flush(agent, SOON);
      told.changes.clear();
      Map<StateKey, Revision> written = new HashMap<>();
      servers.postgres().kill();
      try {
        for (long i = 0; i < 50; i++) {
          StateKey key = StateKey.of(agent, "dirty-" + i);
          written.put(key, states.save(key, i).revision());
        }
        assertThatThrownBy(() -> persistence.lifecycle().flush(agent, Duration.ofMillis(700)))
            .isInstanceOf(TransientPersistenceException.class)
            .extracting(failure -> ((TransientPersistenceException) failure).error())
            .isEqualTo(DataError.CONNECTION_FAILED);
        assertThat(persistence.lifecycle().state(agent)).isEqualTo(ACTIVE);
        assertThat(told.changes)
            .extracting(
                PersistenceEvent.LifecycleChanged::to, PersistenceEvent.LifecycleChanged::cause)
            .containsExactly(
                tuple(FLUSHING, LifecycleState.Cause.FLUSH),
                tuple(ACTIVE, LifecycleState.Cause.FLUSH_FAILED));
        assertThat(persistence.operations().consistency().stats().dirtyEntries())
            .isEqualTo(written.size());
      } finally {
        servers.postgres().restart();
      }
      persistence.lifecycle().flush(agent, SOON);
      assertThat(told.reached()).containsExactly(FLUSHING, ACTIVE, FLUSHING, ACTIVE);
      assertThat(told.changes.get(3).cause()).isEqualTo(LifecycleState.Cause.FLUSH);
      assertThat(persistence.operations().consistency().stats().dirtyEntries()).isZero();
      Map<StateKey, Row> rows = installation.rows();
      written.forEach(
          (key, revision) ->
              assertThat(rows.get(key)).extracting(Row::revision).isEqualTo(revision));
      servers.report(
          "FlushFails", "dirty=%d state=ACTIVE flushed_later=%d".formatted(50, written.size()));
    }
    installation.assertNothingWentBack();
  }

  @Test
  void anIdleAgentExpiresAndComesBackOnTheNextRead() {
    Installation installation = servers.installation();
    RecordedEvents told = new RecordedEvents();
    PersistenceConfig config =
        installation.config().toBuilder()
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(IDLE)
                    .sweepInterval(Duration.ofMillis(50))
                    .build())
            .listener(told)
            .build();
    try (Persistence persistence = Persistence.open(config);
        Streams streams = Streams.of(installation)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      StateKey key = StateKey.of(agent, "a");
      Revision written = states.save(key, 1L).revision();
      StateKey other = StateKey.of(agent, "b");
      states.save(other, 2L);
      persistence.lifecycle().flush(agent, SOON);

      assertThat(states.find(key)).isPresent();
      assertThat(persistence.lifecycle().state(agent)).isEqualTo(ACTIVE);
      await().atMost(SOON).until(() -> persistence.lifecycle().state(agent) == COLD);
      await().atMost(SOON).until(() -> told.evicted.get() == 2);
      assertThat(streams.messages(Installation.tail(agent, ">"))).isZero();
      assertThat(persistence.lifecycle().tracked()).isZero();
      assertThat(told.reached()).containsExactly(ACTIVE, FLUSHING, ACTIVE, EXPIRED, COLD);

      Versioned<Long> back = states.find(key).orElseThrow();
      assertThat(back.layer()).isEqualTo(StorageLayer.RELATIONAL_DB);
      assertThat(back.revision()).isEqualTo(written);
      assertThat(persistence.lifecycle().state(agent)).isEqualTo(ACTIVE);
      assertThat(told.reached().subList(5, 7)).containsExactly(HYDRATING, ACTIVE);
      assertThat(streams.messages(Installation.tail(agent, ">")))
          .as("it is back in KV")
          .isEqualTo(1);
      assertThat(states.find(key).orElseThrow().revision()).isEqualTo(written);
      servers.report("IdleAgent", "idle_s=%d evicted=2 came_back=1".formatted(IDLE.toSeconds()));
    }
  }

  /** An agent whose keys are in PostgreSQL alone, and which no runtime knows. */
  private static AgentId evictedAgent(Installation installation, Streams streams) {
    try (Persistence writing = installation.open()) {
      AgentId agent = installation.register(writing, 1).get(0);
      Map<StateKey, Long> values = new HashMap<>();
      for (long i = 0; i < KEYS; i++) {
        values.put(StateKey.of(agent, "key-" + i), i);
      }
      StateRepository<Long> states = writing.states(Long.class);
      states.saveAll(values).forEach((key, row) -> row.orElseThrow());
      writing.lifecycle().flush(agent, SOON);
      streams.evict(Installation.tail(agent, ">"));
      return agent;
    }
  }

  private ChildJvm hydrator(Installation installation, AgentId agent, int pauseMillis) {
    return ChildJvm.start(
        HydratorProcess.class,
        installation.asArguments(List.of(agent.toString(), Integer.toString(pauseMillis))),
        Map.of(),
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-Xmx256m"),
        directory.resolve("hydrator.log"));
  }

  /** All of it is in KV as it is in PostgreSQL. */
  private static void assertHolds(Persistence persistence, Map<StateKey, Row> rows) {
    StateRepository<Long> states = persistence.states(Long.class);
    states
        .findAll(rows.keySet())
        .forEach(
            (key, answer) -> {
              Versioned<Long> found = answer.orElseThrow().orElseThrow();
              Row row = rows.get(key);
              assertThat(found.layer()).isEqualTo(StorageLayer.DISTRIBUTED_KV);
              assertThat(row).isNotNull();
              assertThat(found.revision()).isEqualTo(row.revision());
              assertThat(found.value()).isEqualTo(row.number());
            });
  }
}
