package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.CheckScope;
import io.mistersmith.persistence.monitor.Inconsistency.Repair;
import io.mistersmith.persistence.repository.StateRepository;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
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
 * The very keys that are written all the time are spoilt in PostgreSQL, and two runtimes mend them
 * meanwhile: what was acknowledged last stays, in both stores, and no increment is lost.
 */
@Tag("fault")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MendingUnderWritesIT {

  private static final Duration LONG = Duration.ofSeconds(8);
  private static final int COUNTERS = 4;
  private static final List<String> SPOIL =
      List.of(
          "DELETE FROM agents.state WHERE hashtext(state_key || '%1$d') %% 7 = 0",
          "UPDATE agents.state SET state_value = '-7' WHERE hashtext(state_key || '%1$d') %% 7 = 0",
          "UPDATE agents.state SET version = 1, state_value = '-7'"
              + " WHERE hashtext(state_key || '%1$d') %% 7 = 0");

  private final FaultServers servers = FaultServers.start();
  private final Installation installation = servers.installation();
  private final AtomicBoolean ended = new AtomicBoolean();
  private final Map<StateKey, AtomicLong> increments = new ConcurrentHashMap<>();

  @AfterAll
  void close() {
    servers.close();
  }

  @Test
  void whatWasAcknowledgedLastStaysInBothStores() throws Exception {
    Ledger ledger = new Ledger();
    Heard heard = new Heard();
    PersistenceConfig config =
        installation.config().toBuilder()
            .consistency(ConsistencyConfig.defaults().withSampling(Duration.ofMillis(100), 200))
            .listener(heard)
            .build();
    try (Persistence first = Persistence.open(config);
        Persistence second = Persistence.open(config)) {
      List<String> agents = installation.register(first, 3);
      for (int i = 0; i < COUNTERS; i++) {
        StateKey counter = StateKey.of(agents.get(0), "counter" + i);
        increments.put(counter, new AtomicLong());
        first.states(Long.class).save(counter, 0L);
      }
      List<CompletableFuture<Void>> tasks =
          List.of(
              during(() -> count(first)),
              during(() -> count(second)),
              during(() -> check(first, agents)),
              during(() -> check(second, agents)),
              during(this::spoil));
      try (Writers writers =
          Writers.start(3, first.states(Long.class), agents, Writers.Keys.OVERWRITTEN, 0, ledger)) {
        Waits.passed(LONG);
        ended.set(true);
        for (CompletableFuture<Void> task : tasks) {
          task.get(60, TimeUnit.SECONDS);
        }
        writers.stop();
      }
      await()
          .atMost(Duration.ofSeconds(40))
          .until(() -> first.consistency().check(CheckScope.everything()).isConsistent());
      long repaired = heard.found().stream().filter(one -> one.repair() == Repair.REPAIRED).count();
      long superseded =
          heard.found().stream().filter(one -> one.repair() == Repair.SUPERSEDED).count();
      assertThat(repaired).as("keys mended while they were written").isPositive();
      assertNothingIsLost(ledger, first.states(Long.class));
      servers.report(
          "MendingUnderWrites",
          "acknowledged=%d increments=%d found=%d repaired=%d superseded=%d lost=0"
              .formatted(
                  ledger.acknowledged(),
                  increments.values().stream().mapToLong(AtomicLong::get).sum(),
                  heard.found().size(),
                  repaired,
                  superseded));
    }
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
        });
  }

  private static void check(Persistence persistence, List<String> agents) {
    agents.forEach(agent -> persistence.consistency().check(CheckScope.agent(agent)));
  }

  private void spoil() {
    Random random = new Random();
    String sql = SPOIL.get(random.nextInt(SPOIL.size())).formatted(random.nextInt(1_000_000));
    installation.execute(
        "SET session_replication_role = replica;"
            // Else it and the flush may lock rows the other way round.
            + " LOCK TABLE agents.state IN SHARE ROW EXCLUSIVE MODE; "
            + sql);
    Waits.passed(Duration.ofMillis(50));
  }

  private void assertNothingIsLost(Ledger ledger, StateRepository<Long> states) {
    Map<StateKey, Row> rows = installation.awaitAll(ledger);
    assertThat(ledger.failures()).isZero();
    ledger
        .latest()
        .forEach(
            (key, promise) -> {
              assertThat(rows.get(key)).extracting(Row::number).isEqualTo(promise.number());
              assertThat(states.find(key).orElseThrow().value()).isEqualTo(promise.number());
            });
    increments.forEach(
        (key, acknowledged) -> {
          assertThat(rows.get(key)).extracting(Row::number).isEqualTo(acknowledged.get());
          assertThat(states.find(key).orElseThrow().value()).isEqualTo(acknowledged.get());
        });
  }
}
