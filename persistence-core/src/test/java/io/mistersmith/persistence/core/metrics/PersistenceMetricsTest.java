package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.ConsistencyConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.conflict.ConflictResolver.ConflictStrategy;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.operations.PoolSizing;
import io.mistersmith.persistence.operations.Pools;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import io.mistersmith.persistence.saga.CrossStoreOptions.Strategy;
import io.mistersmith.persistence.saga.EntryChange;
import io.mistersmith.persistence.state.StateRepository;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.task.NewTask;
import io.mistersmith.persistence.testkit.fault.Call;
import io.mistersmith.persistence.testkit.fault.Faults;
import io.mistersmith.persistence.testkit.fault.FaultyStores;
import io.mistersmith.persistence.testkit.memory.InMemoryStores;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Meters that move with the engine, and an engine that does without them. */
class PersistenceMetricsTest {

  private static final Duration SOON = Duration.ofSeconds(60);

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final InMemoryStores stores = new InMemoryStores();
  private final Agent agent = Agent.of("test", "tester");

  @Test
  void callsBreakersAndTransactionsAreMetered() {
    Faults faults = new Faults(1);
    try (PersistenceMetrics metrics = new PersistenceMetrics(registry);
        Persistence persistence =
            Persistence.open(
                PersistenceConfig.inMemory().cache(CacheConfig.off()).listener(metrics).build(),
                new FaultyStores(stores, faults))) {
      persistence.agents().save(agent);
      StateKey key = StateKey.of(agent.id(), "k");
      StateRepository<Object> states = persistence.states(Object.class);
      faults.on(Call.PUBLISH).loseNextRequests(1);
      states.save(key, 1);
      assertThat(calls("HotWrites.publish", "OK")).isEqualTo(1);
      assertThat(calls("HotWrites.publish", "CONNECTION_FAILED")).isEqualTo(1);
      assertThat(
              registry
                  .get("persistence.store.retries")
                  .tags("store", "nats", "role", "AGENT_STATE", "operation", "HotWrites.publish")
                  .counter()
                  .count())
          .isEqualTo(1);
      faults.on(Call.TRANSACTION).loseNextRequests(1);
      persistence
          .transactions()
          .execute(
              TransactionOptions.of(Boundary.SINGLE_OPERATION, "test"),
              tx -> tx.agents().find(agent.id()));
      assertThat(
              registry.get("persistence.transactions").tag("outcome", "COMMITTED").timer().count())
          .isEqualTo(1);
      assertThat(registry.get("persistence.transactions.retries").counter().count()).isEqualTo(1);

      StateRepository<String> sessions =
          persistence.states(StateType.of("session", String.class).in(DataType.SESSION_DATA));
      faults.hotOutage(true);
      await()
          .atMost(SOON)
          .until(
              () -> {
                assertThatThrownBy(() -> sessions.find(key))
                    .isInstanceOf(PersistenceException.class);
                return registry.find("persistence.breaker.open").gauge() != null;
              });
      assertThat(gauge("persistence.breaker.open")).isEqualTo(1);
      persistence.guard().call("find", () -> sessions.find(key), Fallback.value(Optional.empty()));
      assertThat(registry.get("persistence.fallbacks").tag("kind", "DEFAULT").counter().count())
          .isEqualTo(1);
      faults.hotOutage(false);
      await()
          .atMost(SOON)
          .until(
              () -> {
                persistence
                    .guard()
                    .call("find", () -> sessions.find(key), Fallback.value(Optional.empty()));
                return gauge("persistence.breaker.open") == 0;
              });
    }
  }

  @Test
  void transactionsOverBothStoresAreMetered() {
    StateType<String> type = StateType.of("both", String.class);
    StateKey key = StateKey.of(agent.id(), "k").withType(type.name());
    try (PersistenceMetrics metrics = new PersistenceMetrics(registry);
        Persistence persistence =
            Persistence.open(PersistenceConfig.inMemory().listener(metrics).build(), stores)) {
      boolean unused =
          persistence
              .crossStore()
              .run(
                  CrossStoreOptions.of(Strategy.EVENTUAL_CONSISTENCY, "meter a transaction"),
                  both -> {
                    both.write(EntryChange.put(type, agent.id(), "k", "of the transaction"));
                    persistence.states(type).save(key, "of others");
                    return true;
                  });
      assertThat(
              registry
                  .get("persistence.crossstore.transactions")
                  .tags("strategy", "EVENTUAL_CONSISTENCY", "outcome", "COMMITTED")
                  .timer()
                  .count())
          .isEqualTo(1);
      assertThat(registry.get("persistence.crossstore.refused").counter().count()).isEqualTo(1);
      assertThat(registry.get("persistence.crossstore.waiting").gauge().value()).isZero();
    }
  }

  @Test
  void theChangeFeedHasCountersAndGauges() {
    InMemoryStores stores = new InMemoryStores();
    stores.migrate("events");
    try (PersistenceMetrics metrics = new PersistenceMetrics(registry);
        Persistence persistence =
            Persistence.open(PersistenceConfig.inMemory().listener(metrics).build(), stores)) {
      metrics.bind(persistence, Duration.ofMillis(20));
      assertThat(persistence.tasks().enqueue(NewTask.of("metered", Map.of()))).isNotNull();
      await()
          .atMost(SOON)
          .until(() -> registry.get("persistence.changes.published").counter().count() == 1);
      await().atMost(SOON).until(() -> gauge("persistence.changes.waiting") == 0);
      assertThat(gauge("persistence.changes.publishing")).isEqualTo(1);
      assertThat(seconds("persistence.changes.lag")).isZero();
      assertThat(registry.get("persistence.changes.age").timer().count()).isEqualTo(1);
    }
  }

  @Test
  void poolsHaveGaugesUntilTheyAreClosed() {
    AtomicInteger active = new AtomicInteger(3);
    Pools pools = pools(() -> stats(active.get()));
    PoolGauges gauges = new PoolGauges(registry, pools);
    assertThat(registry.get("persistence.pool.active").gauges()).hasSize(1);
    assertThat(pool("active")).isEqualTo(3);
    active.set(5);
    assertThat(pool("active")).isEqualTo(5);
    assertThat(pool("size")).isEqualTo(10);
    assertThat(pool("utilization")).isEqualTo(0.5);
    assertThat(seconds("persistence.pool.acquire.p95")).isEqualTo(0.002);
    assertThat(registry.get("persistence.pool.timeouts").tag("pool", "primary").functionCounter())
        .satisfies(timeouts -> assertThat(timeouts.count()).isEqualTo(7));
    gauges.close();
    assertThat(registry.find("persistence.pool.active").gauge()).isNull();
  }

  private double pool(String figure) {
    return registry.get("persistence.pool." + figure).tag("pool", "primary").gauge().value();
  }

  private static Pools.Stats stats(int active) {
    return new Pools.Stats(
        "primary",
        PostgresRole.PRIMARY,
        10,
        active,
        1,
        0,
        100,
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        7,
        8);
  }

  private static Pools pools(Supplier<Pools.Stats> stats) {
    return new Pools() {
      @Override
      public List<Stats> stats() {
        return List.of(stats.get());
      }

      @Override
      public void resize(PostgresRole role, int size) {
        throw new UnsupportedOperationException("only read here");
      }

      @Override
      public PoolSizing.Advice advice(PostgresRole role, int agents) {
        throw new UnsupportedOperationException("only read here");
      }
    };
  }

  private long calls(String operation, String outcome) {
    return registry
        .get("persistence.store.calls")
        .tags("operation", operation, "outcome", outcome)
        .timer()
        .count();
  }

  @Test
  void metersMoveWithTheEngine() {
    PersistenceMetrics metrics = new PersistenceMetrics(registry);
    try (Persistence persistence =
        Persistence.open(
            PersistenceConfig.inMemory()
                .listener(metrics)
                .consistency(
                    ConsistencyConfig.builder()
                        .interval(Duration.ZERO) // compares only when the test asks
                        .window(Duration.ofHours(1))
                        .build())
                .build(),
            stores)) {
      metrics.bind(persistence, Duration.ofMillis(20));
      String journal = persistence.operations().consistency().journal();
      assertThat(journal).isEqualTo("AGENT_STATE");
      assertThat(registry.get("persistence.dead.letters").tag("journal", journal).counter().count())
          .as("there from the beginning, so that the first one is an increase")
          .isZero();
      persistence.agents().save(agent);
      StateRepository<Object> states = persistence.states(Object.class);
      for (int i = 0; i < 10; i++) {
        states.save(StateKey.of(agent.id(), "k" + i), i);
      }
      persistence.lifecycle().flush(agent.id(), SOON);
      await().atMost(SOON).until(() -> counted("persistence.flush.entries") == 10);
      await().atMost(SOON).until(() -> gauge("persistence.sql.rows") == 10);
      assertThat(gauge("persistence.kv.entries")).isEqualTo(10);
      assertThat(gauge("persistence.dirty.entries")).isZero();
      assertThat(gauge("persistence.backlog.entries")).isZero();
      assertThat(registry.get("persistence.backlog.entries").tag("journal", journal).gauge())
          .isNotNull();
      assertThat(
              registry
                  .get("persistence.consistency.lag")
                  .tags("quantile", "0.95", "journal", journal)
                  .timeGauge()
                  .value(TimeUnit.SECONDS))
          .isGreaterThanOrEqualTo(0);
      assertThat(registry.get("persistence.consistency.violations").functionCounter().count())
          .isGreaterThanOrEqualTo(0);
      assertThat(registry.get("persistence.flush.duration").timer().count()).isPositive();

      persistence.lifecycle().flush(agent.id(), SOON);
      assertThat(transitions("COLD", "ACTIVE")).isEqualTo(1);
      assertThat(transitions("ACTIVE", "FLUSHING")).isEqualTo(2);
      assertThat(transitions("FLUSHING", "ACTIVE")).isEqualTo(2);
      assertThat(transitions("ACTIVE", "EXPIRED")).isZero();
      assertThat(agents("ACTIVE")).isEqualTo(1);
      assertThat(agents("FLUSHING")).isZero();

      long hydrated = registry.get("persistence.hydration.duration").timer().count();
      persistence.lifecycle().hydrate(agent.id());
      assertThat(registry.get("persistence.hydration.duration").timer().count())
          .isEqualTo(hydrated + 1);

      StateKey strange = StateKey.of(Agent.of("test", "stranger").id(), "k");
      states.save(strange, 1);
      await().atMost(SOON).until(() -> counted("persistence.dead.letters") == 1);
      persistence.operations().consistency().check(CheckScope.everything());
      assertThat(counted("persistence.consistency.compared")).isEqualTo(11);
      assertThat(
              registry
                  .get("persistence.inconsistencies")
                  .tags("kind", "ORPHAN_ENTRY", "repair", "LEFT")
                  .counter()
                  .count())
          .isEqualTo(1);
      metrics.on(
          new PersistenceEvent.ConflictMet(
              strange,
              ConflictStrategy.CRDT_MERGE,
              PersistenceEvent.ConflictMet.Outcome.MERGED,
              3));
      assertThat(
              registry
                  .get("persistence.conflicts")
                  .tags("strategy", "CRDT_MERGE", "outcome", "MERGED")
                  .counter()
                  .count())
          .isEqualTo(1);
      assertThat(counted("persistence.conflicts.lost")).isEqualTo(3);

      stores.sqlOutage(true);
      await().atMost(SOON).until(() -> Double.isNaN(gauge("persistence.sql.rows")));
      stores.sqlOutage(false);
      metrics.close();
      assertThat(registry.find("persistence.sql.rows").gauge()).isNull();
      assertThat(registry.find("persistence.flush.entries").counter()).isNotNull();
      assertThat(agents("ACTIVE")).isPositive();
    }
    assertThat(agents("ACTIVE")).as("of a closed engine").isZero();
    assertThat(agents("EXPIRED")).isZero();
  }

  private double counted(String name) {
    return registry.get(name).counter().count();
  }

  private double gauge(String name) {
    return registry.get(name).gauge().value();
  }

  private double seconds(String name) {
    return registry.get(name).timeGauge().value(TimeUnit.SECONDS);
  }

  private double transitions(String from, String to) {
    return registry
        .get("persistence.lifecycle.transitions")
        .tags("from", from, "to", to)
        .counter()
        .count();
  }

  private double agents(String state) {
    return registry.get("persistence.lifecycle.agents").tag("state", state).gauge().value();
  }
}
