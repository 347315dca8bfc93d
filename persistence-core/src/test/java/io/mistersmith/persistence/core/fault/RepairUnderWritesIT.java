package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.RealStores;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.Consistency.Inconsistency.Repair;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The keys that two runtimes write all the time are corrupted in PostgreSQL. One of the two repairs
 * them, and so does a slow third runtime. Neither store loses an acknowledged increment.
 */
@Tag("fault")
@Tag("full")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RepairUnderWritesIT {

  private static final Duration LONG = Duration.ofSeconds(8);
  private static final Duration HESITATION = Duration.ofMillis(100);

  /** So many that each is idle now and then, and written again while it is repaired. */
  private static final int COUNTERS = 60;

  private static final List<String> CORRUPTIONS =
      List.of(
          "DELETE FROM agents.state",
          "UPDATE agents.state SET state_value = '-7'",
          "UPDATE agents.state SET version = 1, state_value = '-7'");

  private final FaultServers servers = FaultServers.start();
  private final Installation installation = servers.installation();
  private final Faults faults = new Faults(1);
  private final ConsistencyEvents events = new ConsistencyEvents();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicLong turns = new AtomicLong();
  private final Map<StateKey, AtomicLong> increments = new ConcurrentHashMap<>();

  @AfterAll
  void close() {
    servers.close();
  }

  @Test
  void noAcknowledgedIncrementIsLost() throws Exception {
    PersistenceConfig config =
        installation.config().toBuilder()
            .consistency(
                ConsistencyConfig.builder().interval(Duration.ofSeconds(1)).sampleSize(20).build())
            .listener(events)
            .build();
    try (Persistence first = Persistence.open(config);
        Persistence second = Persistence.open(config);
        Persistence slow =
            Persistence.open(config, new FaultyStores(RealStores.provider(), faults))) {
      AgentId agent = installation.register(first, 1).get(0);
      StateRepository<Long> states = first.states(Long.class);
      for (int i = 0; i < COUNTERS; i++) {
        StateKey counter = StateKey.of(agent, "counter" + i);
        increments.put(counter, new AtomicLong());
        states.save(counter, 0L);
      }
      // Newer writes come between its last read and the write that repairs.
      faults.on(Call.PUBLISH).latency(HESITATION, HESITATION);
      List<CompletableFuture<Void>> tasks =
          List.of(
              during(() -> count(first)),
              during(() -> count(second)),
              during(() -> slow.operations().consistency().check(CheckScope.agent(agent))),
              during(this::corrupt));
      Waits.passed(LONG);
      ended.set(true);
      for (CompletableFuture<Void> task : tasks) {
        task.get(60, TimeUnit.SECONDS);
      }
      faults.clear();
      corrupt();
      await()
          .atMost(Duration.ofSeconds(40))
          .until(
              () -> first.operations().consistency().check(CheckScope.everything()).isConsistent());
      increments.forEach(
          (key, acknowledged) -> {
            assertThat(states.find(key).orElseThrow().value()).isEqualTo(acknowledged.get());
            assertThat(installation.row(key).number()).isEqualTo(acknowledged.get());
          });
      assertThat(repairs(Repair.REPAIRED)).as("repaired under writes").isPositive();
      assertThat(repairs(Repair.SUPERSEDED)).as("left to a newer write").isPositive();
      servers.report(
          "RepairUnderWrites",
          "increments=%d repaired=%d superseded=%d under_way=%d lost=0"
              .formatted(
                  increments.values().stream().mapToLong(AtomicLong::get).sum(),
                  repairs(Repair.REPAIRED),
                  repairs(Repair.SUPERSEDED),
                  repairs(Repair.UNDER_WAY)));
    }
  }

  private long repairs(Repair kind) {
    return events.found().stream().filter(one -> one.repair() == kind).count();
  }

  private CompletableFuture<Void> during(Runnable turn) {
    return CompletableFuture.runAsync(
        () -> {
          while (!ended.get()) {
            turn.run();
          }
        },
        task -> {
          Thread thread = new Thread(task, "fault-turns");
          thread.setDaemon(true);
          thread.start();
        });
  }

  private void count(Persistence persistence) {
    StateRepository<Long> states = persistence.states(Long.class);
    increments.forEach(
        (key, acknowledged) -> {
          states.update(key, old -> old + 1);
          acknowledged.incrementAndGet();
          Waits.passed(Duration.ofMillis(1));
        });
  }

  private void corrupt() {
    String sql = CORRUPTIONS.get((int) (turns.getAndIncrement() % CORRUPTIONS.size()));
    installation.execute(
        "SET session_replication_role = replica;"
            // Else it and the flush may lock rows the other way round.
            + " LOCK TABLE agents.state IN SHARE ROW EXCLUSIVE MODE; "
            + sql);
    Waits.passed(Duration.ofMillis(100));
  }
}
