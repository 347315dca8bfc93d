package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.checkpoint.CheckpointOptions;
import io.mistersmith.persistence.config.FlushConfig;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.server.NatsCluster;
import io.mistersmith.persistence.testkit.server.NatsOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Lists of an agent's keys while others of its keys are overwritten and evicted: each has the
 * caller's own writes and deletes, and none waits for what was evicted.
 */
@Tag("fault")
@Tag("full")
class ListsUnderWritesIT {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int LISTS = Repetitions.of(300, 30);

  @Test
  void onOneServer() throws Exception {
    FaultServers servers = FaultServers.unharmed();
    list(servers, servers.installation(), 1);
  }

  @Test
  void onACluster() throws Exception {
    FaultServers servers = FaultServers.unharmed();
    try (NatsCluster cluster = NatsCluster.start(3, NatsOptions.defaults())) {
      list(servers, servers.installation(cluster.url()), 3);
    }
  }

  /** Each list comes before, while or after the caller's last write is flushed. */
  @Test
  void ofAnAgentThatTheCallerAloneWrites() {
    FaultServers servers = FaultServers.unharmed();
    try (Persistence persistence = open(servers.installation(), 1)) {
      StateRepository<Long> states = persistence.states(Long.class);
      Agent agent = persistence.agents().save(Agent.of("fault", "quiet")).value();
      for (int i = 0; i < 2 * LISTS; i++) {
        StateKey own = StateKey.of(agent.id(), "own." + i % 20);
        boolean deleted = i % 5 == 4;
        if (deleted) {
          states.delete(own);
        } else {
          states.save(own, (long) i);
        }
        if (i % 3 == 0) {
          states.flush(own, SOON);
        }
        for (int again = 0; again < i % 7; again++) {
          assertThat(states.keys(agent.id(), "own.").contains(own))
              .as("list %d of %s", again, own)
              .isEqualTo(!deleted);
        }
      }
    }
  }

  private static void list(FaultServers servers, Installation installation, int replicas)
      throws Exception {
    ExecutorService others = Executors.newCachedThreadPool();
    AtomicBoolean stopped = new AtomicBoolean();
    try (Persistence persistence = open(installation, replicas);
        Persistence another = open(installation, replicas)) {
      AgentId agent = installation.register(persistence, 1).get(0);
      StateRepository<Long> states = persistence.states(Long.class);
      List<Future<?>> ends =
          List.of(
              others.submit(() -> overwrite(another.states(Long.class), agent, stopped)),
              others.submit(() -> overwrite(states, agent, stopped)),
              others.submit(() -> writeOnce(another.states(Long.class), agent, stopped)));
      long slowest = 0;
      int missing = 0;
      for (int i = 0; i < LISTS; i++) {
        StateKey own = StateKey.of(agent, "own." + i % 20);
        boolean deleted = i % 5 == 4;
        if (deleted) {
          states.delete(own);
        } else {
          states.save(own, (long) i);
        }
        long start = System.nanoTime();
        missing += states.keys(agent, "").contains(own) == deleted ? 1 : 0;
        if (i % 30 == 0) {
          persistence.lifecycle().flush(agent, SOON);
          persistence.checkpoints().create(agent, CheckpointOptions.full());
        }
        slowest = Math.max(slowest, System.nanoTime() - start);
      }
      stopped.set(true);
      for (Future<?> end : ends) {
        end.get(60, TimeUnit.SECONDS);
      }
      servers.report(
          "ListsUnderWrites",
          "replicas=%d lists=%d without_own_write=%d slowest_ms=%d"
              .formatted(replicas, LISTS, missing, TimeUnit.NANOSECONDS.toMillis(slowest)));
      assertThat(missing).isZero();
    } finally {
      stopped.set(true);
      others.shutdownNow();
    }
  }

  private static void overwrite(
      StateRepository<Long> states, AgentId agent, AtomicBoolean stopped) {
    for (long i = 0; !stopped.get(); i++) {
      states.save(StateKey.of(agent, "busy." + i % 64), i);
    }
  }

  /** Writes keys that become idle and are evicted. */
  private static void writeOnce(
      StateRepository<Long> states, AgentId agent, AtomicBoolean stopped) {
    for (long i = 0; !stopped.get(); i++) {
      states.save(StateKey.of(agent, "idle." + i % 500), i);
    }
  }

  private static Persistence open(Installation installation, int replicas) {
    return Persistence.open(
        installation.config().toBuilder()
            .nats(
                installation.config().nats().toBuilder()
                    .replicas(replicas)
                    .requestTimeout(Duration.ofSeconds(10))
                    .build())
            .flush(
                FlushConfig.builder()
                    .idleTimeToLive(Duration.ofMillis(300))
                    .sweepInterval(Duration.ofMillis(100))
                    .closeDeadline(SOON)
                    .build())
            .build());
  }
}
