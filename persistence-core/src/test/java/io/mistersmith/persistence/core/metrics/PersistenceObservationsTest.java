package io.mistersmith.persistence.core.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.config.CacheConfig;
import io.mistersmith.persistence.config.MonitoringConfig;
import io.mistersmith.persistence.config.PersistenceConfig;
import io.mistersmith.persistence.core.metrics.Spans.Span;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.CallObserver;
import io.mistersmith.persistence.model.Agent;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.operations.Consistency.CheckScope;
import io.mistersmith.persistence.spi.StoreProvider;
import io.mistersmith.persistence.state.StateRepository;
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
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Spans of the calls into the stores, and the one trace from a write to its row. */
class PersistenceObservationsTest {

  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String APPLY = "JournalStore.apply agents.state";

  private final Spans spans = new Spans();
  private final TestObservationRegistry registry = TestObservationRegistry.create();
  private final InMemoryStores stores = new InMemoryStores();
  private final Agent agent = Agent.of("test", "tester");
  private final StateKey key = StateKey.of(agent.id(), "k");

  PersistenceObservationsTest() {
    registry.observationConfig().observationHandler(spans);
  }

  private static Persistence open(CallObserver observer, StoreProvider provider) {
    return Persistence.open(
        PersistenceConfig.inMemory()
            .cache(CacheConfig.off())
            .monitoring(MonitoringConfig.builder().observer(observer).build())
            .build(),
        provider);
  }

  @Test
  void oneTraceLeadsFromTheCallerToTheRow() {
    try (Persistence persistence = open(new PersistenceObservations(registry), stores)) {
      persistence.agents().save(agent);
      Observation request = Observation.start("request", registry).contextualName("request");
      request.scoped(() -> persistence.states(String.class).save(key, "value"));
      request.stop();
      persistence.lifecycle().flush(agent.id(), SOON);

      Span caller = spans.named("request").get(0);
      Span put = only("HotWrites.publish AGENT_STATE");
      await().atMost(SOON).until(() -> spans.named("Flush.entry AGENT_STATE").size() == 1);
      Span flush = only("Flush.entry AGENT_STATE");
      Span row = spans.in(flush).get(0);
      assertThat(List.of(put, flush, row)).extracting(Span::trace).containsOnly(caller.trace());
      assertThat(put.parent()).contains(caller.id());
      assertThat(put.kind()).contains("PRODUCER");
      assertThat(flush.parent()).contains(put.id());
      assertThat(flush.kind()).contains("CONSUMER");
      assertThat(row.name()).isEqualTo(APPLY);
      assertThat(row.kind()).contains("CLIENT");
      assertThat(row.attributes())
          .containsEntry("db.system.name", "postgresql")
          .containsEntry("db.namespace", "none")
          .containsEntry("db.operation.name", "JournalStore.apply")
          .containsEntry("db.collection.name", "agents.state")
          .doesNotContainKeys("db.operation.batch.size", "error.type");
      assertThat(spans.named(APPLY))
          .as("the transaction of the batch is nobody's part")
          .anySatisfy(span -> assertThat(span.parent()).isEmpty());
    }
  }

  private Span only(String name) {
    assertThat(spans.named(name)).hasSize(1);
    return spans.named(name).get(0);
  }

  @Test
  void anotherProcessContinuesTheTrace() {
    Spans others = new Spans();
    TestObservationRegistry elsewhere = TestObservationRegistry.create();
    elsewhere.observationConfig().observationHandler(others);
    try (Persistence flusher = open(new PersistenceObservations(elsewhere), stores)) {
      flusher.agents().save(agent);
      flusher.states(String.class).save(key, "mine");
      flusher.lifecycle().flush(agent.id(), SOON);
      try (Persistence writer = open(new PersistenceObservations(registry), stores)) {
        StateKey other = StateKey.of(agent.id(), "other");
        writer.states(String.class).save(other, "value");
        writer.states(String.class).flush(other, SOON);
        Span put = only("HotWrites.publish AGENT_STATE");
        await()
            .atMost(SOON)
            .untilAsserted(
                () ->
                    assertThat(others.named("Flush.entry AGENT_STATE"))
                        .anySatisfy(
                            flush -> {
                              assertThat(flush.trace()).isEqualTo(put.trace());
                              assertThat(flush.parent()).contains(put.id());
                            }));
      }
    }
  }

  @Test
  void whatIsObservedIsStoredAsItIsElsewhere() {
    try (Persistence observed = open(new PersistenceObservations(registry), stores)) {
      observed.agents().save(agent);
      StateRepository<Map<String, Object>> states = observed.states(types());
      var first = states.save(key, Map.of("n", 1));
      var second = states.save(key, Map.of("n", 2));
      states.flush(key, SOON);
      assertThat(second.revision()).isNotEqualTo(first.revision());
      assertThat(states.find(key).orElseThrow().revision()).isEqualTo(second.revision());
      assertThat(observed.operations().consistency().check(CheckScope.everything()))
          .satisfies(report -> assertThat(report.isConsistent()).isTrue())
          .satisfies(report -> assertThat(report.compared()).isOne());
    }
    try (Persistence plain = open(CallObserver.NOOP, stores)) {
      assertThat(plain.states(types()).find(key).orElseThrow().value()).isEqualTo(Map.of("n", 2));
    }
  }

  @SuppressWarnings("unchecked")
  private static Class<Map<String, Object>> types() {
    return (Class<Map<String, Object>>) (Class<?>) Map.class;
  }

  @Test
  void aFailedCallSaysWhatItFailedWith() {
    Faults faults = new Faults(1);
    try (Persistence persistence =
        open(new PersistenceObservations(registry), new FaultyStores(stores, faults))) {
      persistence.agents().save(agent);
      faults.hotOutage(true);
      assertThatThrownBy(() -> persistence.states(String.class).save(key, "value"))
          .isInstanceOf(PersistenceException.class);
      faults.hotOutage(false);
      assertThat(spans.named("HotWrites.publish AGENT_STATE"))
          .singleElement()
          .satisfies(
              span -> {
                assertThat(span.attributes()).containsEntry("error.type", "CONNECTION_FAILED");
                assertThat(span.error()).isPresent();
              });
    }
  }

  @Test
  void aCallWithItsRepetitionsIsOneSpan() {
    Faults faults = new Faults(1);
    try (Persistence persistence =
        open(new PersistenceObservations(registry), new FaultyStores(stores, faults))) {
      persistence.agents().save(agent);
      faults.on(Call.PUBLISH).loseNextRequests(1);
      persistence.states(String.class).save(key, "value");
      assertThat(only("HotWrites.publish AGENT_STATE").error()).isEmpty();
    }
  }

  @Test
  void callsWithinATransactionAreItsParts() {
    try (Persistence persistence = open(new PersistenceObservations(registry), stores)) {
      persistence.agents().save(agent);
      persistence
          .transactions()
          .execute(
              TransactionOptions.of(Boundary.SINGLE_OPERATION, "test"),
              tx -> persistence.states(String.class).save(key, "value"));
      Span transaction = only("SqlStore.inTransaction none");
      assertThat(spans.in(transaction))
          .extracting(Span::name)
          .contains("HotWrites.publish AGENT_STATE");
    }
  }

  @Test
  void messagingNamesAreChosen() {
    CallObserver observer = new PersistenceObservations(registry).withMessagingNames();
    try (Persistence persistence = open(observer, stores)) {
      persistence.agents().save(agent);
      persistence.states(String.class).save(key, "value");
      persistence.lifecycle().flush(agent.id(), SOON);
      await().atMost(SOON).until(() -> spans.named("process AGENT_STATE").size() == 1);
      assertThat(only("publish AGENT_STATE").attributes())
          .containsEntry("messaging.system", "nats")
          .containsEntry("messaging.operation.type", "send")
          .containsEntry("messaging.destination.name", "AGENT_STATE");
      assertThat(only("process AGENT_STATE").attributes())
          .containsEntry("messaging.operation.type", "process");
    }
  }

  @Test
  void timersOfTheCallsHaveTheConventionsName() {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    registry.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
    try (Persistence persistence = open(new PersistenceObservations(registry), stores)) {
      persistence.agents().save(agent);
      assertThat(
              meters
                  .get("db.client.operation.duration")
                  .tags("db.system.name", "postgresql", "db.operation.name", "AgentStore.save")
                  .timer()
                  .count())
          .isPositive();
    }
  }

  @Test
  void anObserverThatFailsStopsNothing() {
    AtomicInteger begun = new AtomicInteger();
    CallObserver failing =
        call -> {
          if (begun.incrementAndGet() % 2 == 0) {
            throw new IllegalStateException("at the beginning");
          }
          return new CallObserver.Scope() {
            @Override
            public Optional<String> trace() {
              return Optional.of("no header\r\ncan hold this");
            }

            @Override
            public CallObserver.Scope begin(CallObserver.Call part) {
              throw new AssertionError("in a part");
            }

            @Override
            public void end(Optional<? extends Throwable> failure) {
              throw new IllegalStateException("at the end");
            }
          };
        };
    try (Persistence persistence = open(failing, stores)) {
      persistence.agents().save(agent);
      for (int i = 0; i < 4; i++) {
        persistence.states(String.class).save(key, "value " + i);
      }
      persistence.lifecycle().flush(agent.id(), SOON);
      assertThat(persistence.states(String.class).find(key).orElseThrow().value())
          .isEqualTo("value 3");
    }
    assertThat(begun).hasValueGreaterThan(4);
  }
}
