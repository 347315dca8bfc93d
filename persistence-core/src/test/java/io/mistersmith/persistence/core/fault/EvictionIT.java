package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.SaveOptions;
import io.mistersmith.persistence.state.StateRepository;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many keys become idle at once. */
@Tag("fault")
class EvictionIT {

  private static final int KEYS = Repetitions.of(60_000, 8_000);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  @Test
  void whatPostgresRefusedStaysAndWhatIsIdleBehindItGoes() {
    AtomicInteger evicted = new AtomicInteger();
    PersistenceListener counting =
        PersistenceListener.of(
            PersistenceEvent.Evicted.class,
            sent -> {
              evicted.addAndGet(sent.entries());
            });
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation();
    PersistenceConfig config = installation.config();
    Duration idle = Duration.ofSeconds(1);
    try (Persistence persistence =
        Persistence.open(
            config.toBuilder()
                .listener(counting)
                .cache(CacheConfig.off())
                .flush(config.flush().toBuilder().idleTimeToLive(idle).sweepInterval(idle).build())
                .build())) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Integer> states = persistence.states(Integer.class);
      for (int i = 0; i < 20; i++) {
        states.save(StateKey.of(agent, "before-" + i), i);
      }
      await().atMost(Duration.ofMinutes(1)).until(() -> evicted.get() == 20);
      StateKey refused = StateKey.of(AgentId.random(), "refused");
      states.save(refused, 7);
      for (int i = 0; i < 20; i++) {
        states.save(StateKey.of(agent, "behind-" + i), i);
      }
      await().atMost(Duration.ofMinutes(1)).until(() -> evicted.get() == 40);
      assertThat(states.find(refused).orElseThrow().value()).isEqualTo(7);
      assertThat(states.find(StateKey.of(agent, "behind-3")).orElseThrow().value()).isEqualTo(3);
    }
  }

  @Test
  void aSweepTakesAllThatIsIdle() {
    AtomicInteger evicted = new AtomicInteger();
    AtomicLong began = new AtomicLong();
    PersistenceListener counting =
        PersistenceListener.of(
            PersistenceEvent.Evicted.class,
            sent -> {
              began.compareAndSet(0, System.nanoTime());
              evicted.addAndGet(sent.entries());
            });
    FaultServers servers = FaultServers.unharmed();
    Installation installation = servers.installation();
    PersistenceConfig config = installation.config();
    Duration idle = Duration.ofSeconds(Repetitions.of(20, 6));
    try (Persistence persistence =
        Persistence.open(
            config.toBuilder()
                .listener(counting)
                .flush(
                    config.flush().toBuilder()
                        .idleTimeToLive(idle)
                        .sweepInterval(idle.multipliedBy(2))
                        .build())
                .build())) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Integer> states = persistence.states(Integer.class);
      List<CompletableFuture<Versioned<Integer>>> saves = new ArrayList<>();
      for (int i = 0; i < KEYS; i++) {
        saves.add(states.saveAsync(StateKey.of(agent, "key-" + i), i, SaveOptions.unconditional()));
      }
      saves.forEach(CompletableFuture::join);
      await().atMost(LONGEST).until(() -> evicted.get() == KEYS);
      long millis = (System.nanoTime() - began.get()) / 1_000_000;
      assertThat(states.find(StateKey.of(agent, "key-7")).orElseThrow().value()).isEqualTo(7);
      servers.report("Eviction", "keys=%d millis_after_the_first_turn=%d".formatted(KEYS, millis));
    }
  }
}
