package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.agent.LifecycleEvents.LifecycleEvent;
import io.mistersmith.persistence.checkpoint.Checkpoint;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.checkpoint.Checkpoints.PruneRule;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Checkpoints while PostgreSQL is killed, and while others prune. */
@Tag("fault")
@Tag("full")
class CheckpointFaultsIT {

  private static final int KILLS = 4;
  private static final int KEYS = 300;
  private static final int CREATIONS = 80;
  private static final Duration SOON = Duration.ofSeconds(60);

  @Test
  void aCheckpointIsMadeWholeOrNotAtAllWhenPostgresIsKilled() throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence persistence = installation.open()) {
        AgentId agent = installation.register(persistence, 1).get(0);
        AgentId id = agent;
        StateRepository<Long> states = persistence.states(Long.class);
        for (int i = 0; i < KEYS; i++) {
          states.save(StateKey.of(agent, "k" + i), (long) i);
        }
        List<UUID> made = new ArrayList<>();
        AtomicInteger failed = new AtomicInteger();
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> creating =
            CompletableFuture.runAsync(
                () -> {
                  for (long n = 0; !stop.get(); n++) {
                    states.save(StateKey.of(agent, "k0"), n);
                    create(persistence, id, n, made, failed);
                  }
                });
        for (int kill = 0; kill < KILLS; kill++) {
          awaitMore(made);
          servers.postgres().kill();
          servers.postgres().restart();
        }
        awaitMore(made);
        stop.set(true);
        creating.get(60, TimeUnit.SECONDS);

        List<Checkpoint> all = persistence.checkpoints().list(id);
        assertThat(all).extracting(Checkpoint::id).containsAll(made);
        for (Checkpoint checkpoint : all) {
          assertThat(persistence.checkpoints().read(checkpoint.id(), Long.class)).hasSize(KEYS);
        }
        assertThat(persistence.lifecycleEvents().list(id, 10_000))
            .as("an event for each, and none for another")
            .filteredOn(event -> event.type().equals(LifecycleEvent.CHECKPOINT_CREATED))
            .extracting(event -> Objects.requireNonNull(event.data().get("checkpoint")))
            .containsExactlyInAnyOrderElementsOf(
                all.stream().<Object>map(checkpoint -> checkpoint.id().toString()).toList());
        servers.report(
            "CheckpointPostgresKilled",
            "kills=%d made=%d failed=%d unknown_but_made=%d torn=0"
                .formatted(KILLS, made.size(), failed.get(), all.size() - made.size()));
      }
    }
  }

  private static void create(
      Persistence persistence, AgentId agent, long n, List<UUID> made, AtomicInteger failed) {
    CheckpointOptions options = n % 4 == 0 ? CheckpointOptions.full() : CheckpointOptions.changes();
    try {
      UUID id = persistence.checkpoints().create(agent, options).id();
      synchronized (made) {
        made.add(id);
      }
    } catch (TransientPersistenceException e) {
      assertThat(e.error()).isIn(DataError.CONNECTION_FAILED, DataError.OUTCOME_UNKNOWN);
      failed.incrementAndGet();
    }
  }

  private static void awaitMore(List<UUID> made) {
    long goal = size(made) + 5;
    await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> size(made) >= goal);
  }

  private static long size(List<UUID> made) {
    synchronized (made) {
      return made.size();
    }
  }

  @Test
  void theBaseOfAKeptCheckpointIsNeverPrunedByConcurrentPrunes() throws Exception {
    try (FaultServers servers = FaultServers.start()) {
      Installation installation = servers.installation();
      try (Persistence mine = installation.open();
          Persistence other = installation.open()) {
        AgentId agent = installation.register(mine, 1).get(0);
        AgentId id = agent;
        Map<UUID, Map<String, Long>> expected = new HashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Integer> pruning =
            CompletableFuture.supplyAsync(() -> prune(other, id, stop));
        StateRepository<Long> states = mine.states(Long.class);
        Map<String, Long> content = new HashMap<>();
        for (int i = 0; i < CREATIONS; i++) {
          String key = "k" + i % 7;
          states.save(StateKey.of(agent, key), (long) i);
          content.put(key, (long) i);
          CheckpointOptions options =
              i % 6 == 0 ? CheckpointOptions.full() : CheckpointOptions.changes();
          UUID made = mine.checkpoints().create(id, options).id();
          expected.put(made, Map.copyOf(content));
        }
        stop.set(true);
        int removed = pruning.get(60, TimeUnit.SECONDS);

        List<Checkpoint> left = mine.checkpoints().list(id);
        assertThat(left.size() + removed).isEqualTo(CREATIONS);
        for (Checkpoint checkpoint : left) {
          Map<String, Long> read = new HashMap<>();
          mine.checkpoints()
              .read(checkpoint.id(), Long.class)
              .forEach((key, version) -> read.put(key.key(), version.value()));
          assertThat(read).as("%s", checkpoint).isEqualTo(expected.get(checkpoint.id()));
        }
        mine.checkpoints().restore(left.get(0).id(), SOON);
        assertThat(states.find(StateKey.of(agent, "k0")).map(Versioned::value))
            .contains(Objects.requireNonNull(content.get("k0")));
        servers.report(
            "CheckpointPrune",
            "made=%d pruned=%d left=%d unreadable=0".formatted(CREATIONS, removed, left.size()));
      }
    }
  }

  /** By number and by size, over and over; how many went. */
  private static int prune(Persistence persistence, AgentId agent, AtomicBoolean stop) {
    int removed = 0;
    while (!stop.get()) {
      for (PruneRule rule : List.of(PruneRule.keepLatest(2), PruneRule.totalBytes(60))) {
        removed += persistence.checkpoints().prune(agent, rule).removed().size();
      }
    }
    return removed;
  }
}
