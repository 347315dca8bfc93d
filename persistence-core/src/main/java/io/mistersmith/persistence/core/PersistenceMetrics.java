package io.mistersmith.persistence.core;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.CrossStoreEvent;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.SagaEvent;
import io.mistersmith.persistence.operations.Consistency;
import io.mistersmith.persistence.operations.Pools;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Counts what the engine does in a Micrometer registry. Give it as the listener and, once the
 * engine is open, bind its figures:
 *
 * <pre>{@code
 * PersistenceMetrics metrics = new PersistenceMetrics(registry);
 * Persistence persistence = Persistence.open(config.toBuilder().listener(metrics).build());
 * metrics.bind(persistence.operations().consistency(), Duration.ofSeconds(10));
 * metrics.bind(persistence.operations().pools());
 * metrics.bind(persistence.changes(), Duration.ofSeconds(10));
 * }</pre>
 *
 * <p>All names begin with {@code persistence.}; docs/metrics.md says what each figure means.
 * Micrometer is an optional dependency: where it is not on the class path do not touch this class,
 * and nothing else asks for it. An application with a listener of its own calls this one from
 * there. Thread-safe. Close it before the engine.
 */
public final class PersistenceMetrics implements PersistenceListener, AutoCloseable {

  private final MeterRegistry registry;
  private final Map<Class<?>, Consumer<PersistenceEvent>> meters = new HashMap<>();
  private final Map<String, JournalMeters> journals = new ConcurrentHashMap<>();
  private Optional<ConsistencyGauges> gauges = Optional.empty();
  private Optional<PoolGauges> pools = Optional.empty();
  private Optional<ChangeFeedGauges> changes = Optional.empty();

  /** Registers the meters that events move. */
  public PersistenceMetrics(MeterRegistry registry) {
    this.registry = registry;
    meterFlushes();
    meterConflicts();
    meterMoves();
    meterConsistency();
    meterStores();
    meterChanges();
    meterSagas();
    meterCrossStore();
    LifecycleMeters lifecycle = new LifecycleMeters(registry);
    on(PersistenceEvent.LifecycleChanged.class, lifecycle::count);
    on(
        PersistenceEvent.ServiceFailed.class,
        failed ->
            registry
                .counter("persistence.service.failures", "service", failed.service())
                .increment());
  }

  private void meterFlushes() {
    on(PersistenceEvent.Flushed.class, flushed -> journal(flushed.bucket()).flushed(flushed));
    on(PersistenceEvent.FlushFailed.class, failed -> journal(failed.bucket()).flushFailed());
    on(PersistenceEvent.DeadLettered.class, letter -> journal(letter.bucket()).deadLettered());
    on(PersistenceEvent.EpochStarted.class, started -> journal(started.bucket()).epochStarted());
    on(
        PersistenceEvent.BackpressureChanged.class,
        changed -> journal(changed.bucket()).backpressureChanged(changed.engaged()));
  }

  private JournalMeters journal(String name) {
    return journals.computeIfAbsent(name, journal -> new JournalMeters(registry, journal));
  }

  private void meterConflicts() {
    Counter lost = counter("persistence.conflicts.lost", "times that another writer was faster");
    on(
        PersistenceEvent.ConflictMet.class,
        conflict -> {
          registry
              .counter(
                  "persistence.conflicts",
                  "strategy",
                  conflict.strategy().name(),
                  "outcome",
                  conflict.outcome().name())
              .increment();
          lost.increment(conflict.lost());
        });
  }

  private void meterMoves() {
    Counter hydrations = counter("persistence.hydrations", "entries brought from PostgreSQL to KV");
    on(PersistenceEvent.EntryHydrated.class, hydrated -> hydrations.increment());
    Timer bulkHydrations =
        Timer.builder("persistence.hydration.duration")
            .description("hydrations of all of an agent's entries")
            .register(registry);
    on(
        PersistenceEvent.AgentHydrated.class,
        hydrated -> bulkHydrations.record(hydrated.hydration().took()));
    Counter evictions = counter("persistence.evictions", "idle entries taken out of KV");
    on(PersistenceEvent.Evicted.class, evicted -> evictions.increment(evicted.entries()));
  }

  private void meterConsistency() {
    on(
        PersistenceEvent.InconsistencyFound.class,
        inconsistency ->
            registry
                .counter(
                    "persistence.inconsistencies",
                    "kind",
                    inconsistency.found().kind().name(),
                    "repair",
                    inconsistency.found().repair().name())
                .increment());
    Counter compared = counter("persistence.consistency.compared", "keys compared by checks");
    on(
        PersistenceEvent.ConsistencyChecked.class,
        checked -> compared.increment((double) checked.report().compared()));
  }

  private void meterStores() {
    StoreMeters stores = new StoreMeters(registry);
    on(PersistenceEvent.StoreCalled.class, stores::called);
    on(PersistenceEvent.CallRetried.class, stores::retried);
    on(PersistenceEvent.BreakerChanged.class, stores::breakerChanged);
    on(PersistenceEvent.FallbackUsed.class, stores::fallbackUsed);
    on(PersistenceEvent.Escalated.class, stores::escalated);
    on(PersistenceEvent.TransactionEnded.class, stores::transactionEnded);
  }

  private void meterChanges() {
    ChangeFeedMeters changes = new ChangeFeedMeters(registry);
    on(ChangeFeed.ChangesPublished.class, changes::published);
    on(ChangeFeed.PublishingFailed.class, failed -> changes.failed());
    on(ChangeFeed.PublisherChanged.class, changes::publisherChanged);
  }

  private void meterSagas() {
    SagaMeters sagas = new SagaMeters(registry);
    on(SagaEvent.SagaEnded.class, sagas::ended);
    on(SagaEvent.SagaStopped.class, sagas::stopped);
    on(SagaEvent.StepFailed.class, sagas::failed);
    on(SagaEvent.SagaTakenOver.class, taken -> sagas.takenOver());
    on(SagaEvent.StepHanging.class, sagas::hanging);
  }

  private void meterCrossStore() {
    CrossStoreMeters both = new CrossStoreMeters(registry);
    on(CrossStoreEvent.CrossStoreEnded.class, both::ended);
    on(CrossStoreEvent.PreparedRolledBack.class, unit -> both.rolledBack());
    on(CrossStoreEvent.ChangesWaiting.class, both::waiting);
    on(CrossStoreEvent.ChangesRecovered.class, both::recovered);
    on(CrossStoreEvent.ChangeRefused.class, change -> both.refused());
  }

  private <E extends PersistenceEvent> void on(Class<E> kind, Consumer<E> meter) {
    meters.put(kind, event -> meter.accept(kind.cast(event)));
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  /**
   * Registers gauges of both memories and of the lag, which are asked for in the background at this
   * interval: a scrape of the registry never waits for a store. Replaces those bound before. Also
   * registers the counters of the flush at zero, which otherwise begin with the first event.
   */
  public synchronized void bind(Consistency consistency, Duration interval) {
    unbind();
    var unused = journal(consistency.journal());
    ConsistencyGauges bound = new ConsistencyGauges(registry, consistency, interval);
    gauges = Optional.of(bound);
    bound.start();
  }

  /**
   * Registers gauges of the pools of connections, one set for each pool that there is. Replaces
   * those bound before. Their values are read from memory at each scrape.
   */
  public synchronized void bind(Pools bound) {
    pools.ifPresent(PoolGauges::close);
    pools = Optional.of(new PoolGauges(registry, bound));
  }

  /**
   * Registers gauges of the backlog of the change feed, which is asked for in the background at
   * this interval. Replaces those bound before.
   */
  public synchronized void bind(ChangeFeed feed, Duration interval) {
    changes.ifPresent(ChangeFeedGauges::close);
    ChangeFeedGauges bound = new ChangeFeedGauges(registry, feed, interval);
    changes = Optional.of(bound);
    bound.start();
  }

  /** Stops asking, and removes the gauges; the counters stay. */
  @Override
  public synchronized void close() {
    changes.ifPresent(ChangeFeedGauges::close);
    changes = Optional.empty();
    pools.ifPresent(PoolGauges::close);
    pools = Optional.empty();
    unbind();
  }

  private void unbind() {
    gauges.ifPresent(ConsistencyGauges::close);
    gauges = Optional.empty();
  }

  @Override
  public boolean wants(Class<? extends PersistenceEvent> kind) {
    return meters.containsKey(kind);
  }

  @Override
  public void on(PersistenceEvent event) {
    Consumer<PersistenceEvent> meter = meters.get(event.getClass());
    if (meter != null) {
      meter.accept(event);
    }
  }
}
