package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.event.ChangeFeed;
import io.mistersmith.persistence.event.CrossStoreEvent;
import io.mistersmith.persistence.event.MonitoringEvent;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.SagaEvent;
import io.mistersmith.persistence.event.StoreEvent;
import io.mistersmith.persistence.guard.StoreGuard;
import io.mistersmith.persistence.operations.Operations;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Counts what the engine does in a Micrometer registry. Give it as the listener and, once the
 * engine is open, bind the engine's figures:
 *
 * <pre>{@code
 * PersistenceMetrics metrics = new PersistenceMetrics(registry);
 * Persistence persistence = Persistence.open(config.toBuilder().listener(metrics).build());
 * metrics.bind(persistence, Duration.ofSeconds(10));
 * }</pre>
 *
 * <p>All names begin with {@code persistence.}; docs/metrics.md says what each figure means.
 * Micrometer is an optional dependency: where it is not on the class path do not touch this class,
 * and nothing else asks for it. An application with a listener of its own calls this one from
 * there. Thread-safe. Close it before the engine.
 */
@SuppressWarnings("exports") // whoever uses it requires Micrometer
public final class PersistenceMetrics implements PersistenceListener, AutoCloseable {

  private final MeterRegistry registry;
  private final Map<Class<?>, Consumer<PersistenceEvent>> meters = new HashMap<>();
  private final Map<String, JournalMeters> journals = new ConcurrentHashMap<>();
  private final HealthMeters health;
  private final Optional<AgentLagGauges> agents;
  private Optional<BoundFigures> bound = Optional.empty();

  /** Registers the meters that events move. */
  public PersistenceMetrics(MeterRegistry registry) {
    this(new Builder(registry));
  }

  private PersistenceMetrics(Builder builder) {
    this.registry = builder.registry;
    this.health = new HealthMeters(registry);
    this.agents =
        builder.worstAgents == 0
            ? Optional.empty()
            : Optional.of(new AgentLagGauges(registry, builder.worstAgents));
    meterFlushes();
    meterEntries();
    meterStores();
    meterServers();
    meterChanges();
    meterSagas();
    meterCrossStore();
    meterMonitoring();
  }

  /** Returns a builder of metrics with other settings than the defaults. */
  public static Builder builder(MeterRegistry registry) {
    return new Builder(registry);
  }

  private void meterFlushes() {
    on(
        PersistenceEvent.Flushed.class,
        flushed -> {
          journal(flushed.bucket()).flushed(flushed);
          agents.ifPresent(worst -> worst.flushed(flushed));
        });
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

  private void meterEntries() {
    StateMeters states = new StateMeters(registry);
    on(PersistenceEvent.ConflictMet.class, states::conflictMet);
    on(PersistenceEvent.EntryHydrated.class, hydrated -> states.hydrated());
    on(PersistenceEvent.AgentHydrated.class, states::agentHydrated);
    on(PersistenceEvent.Evicted.class, states::evicted);
    on(PersistenceEvent.InconsistencyFound.class, states::inconsistencyFound);
    on(PersistenceEvent.ConsistencyChecked.class, states::checked);
    LifecycleMeters lifecycle = new LifecycleMeters(registry);
    on(PersistenceEvent.LifecycleChanged.class, lifecycle::count);
  }

  private void meterStores() {
    StoreMeters stores = new StoreMeters(registry);
    on(StoreEvent.StoreCalled.class, stores::called);
    on(StoreEvent.CallRetried.class, stores::retried);
    on(PersistenceEvent.BreakerChanged.class, stores::breakerChanged);
    on(StoreEvent.FallbackUsed.class, stores::fallbackUsed);
    on(PersistenceEvent.Escalated.class, stores::escalated);
    on(StoreEvent.TransactionEnded.class, stores::transactionEnded);
  }

  private void meterServers() {
    ServerMeters servers = new ServerMeters(registry);
    on(PersistenceEvent.ServerAwaited.class, servers::awaited);
    on(PersistenceEvent.HotStoreChanged.class, servers::hotStoreChanged);
    on(PersistenceEvent.PrimaryChanged.class, changed -> servers.primaryChanged());
    on(PersistenceEvent.FailoverChecked.class, servers::failoverChecked);
    on(PersistenceEvent.ServiceFailed.class, servers::serviceFailed);
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
    on(SagaEvent.StepHanging.class, sagas::hanging);
    on(SagaEvent.SagaTakenOver.class, taken -> sagas.takenOver());
    on(SagaEvent.SagasWaiting.class, sagas::waiting);
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

  private void meterMonitoring() {
    UpkeepMeters upkeep = new UpkeepMeters(registry);
    on(MonitoringEvent.HealthChecked.class, health::checked);
    on(MonitoringEvent.JobRan.class, upkeep::jobRan);
    on(MonitoringEvent.AlertChanged.class, upkeep::alertChanged);
  }

  private <E extends PersistenceEvent> void on(Class<E> kind, Consumer<E> meter) {
    meters.put(kind, event -> meter.accept(kind.cast(event)));
  }

  /**
   * Registers gauges of the runtime's figures. Those that stores have to be asked for are asked in
   * the background at this interval: a scrape of the registry never waits for a store. Replaces
   * those bound before. Also registers the counters of the flush at zero, which otherwise begin
   * with the first event.
   */
  public void bind(Persistence persistence, Duration interval) {
    bind(persistence.operations(), persistence.changes(), persistence.guard(), interval);
  }

  synchronized void bind(
      Operations operations, ChangeFeed feed, StoreGuard guard, Duration interval) {
    bound.ifPresent(BoundFigures::close);
    var unused = journal(operations.consistency().journal());
    health.bind(operations.health());
    bound = Optional.of(new BoundFigures(registry, operations, feed, guard, agents, interval));
  }

  /** Stops asking, and removes the gauges; the counters stay. */
  @Override
  public synchronized void close() {
    bound.ifPresent(BoundFigures::close);
    bound = Optional.empty();
    agents.ifPresent(AgentLagGauges::close);
    health.close();
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

  /** Collects settings of the metrics. Not thread-safe. */
  public static final class Builder {

    private static final int MOST_AGENTS = 20;

    private final MeterRegistry registry;
    private int worstAgents;

    private Builder(MeterRegistry registry) {
      this.registry = registry;
    }

    /**
     * Shows the lag of the 20 agents whose writes waited longest in the last minute, as {@code
     * persistence.agent.lag} by {@code agent}. Off unless this is called: every agent that is ever
     * among them is a time series of its own in the monitoring system.
     */
    public Builder worstAgents() {
      this.worstAgents = MOST_AGENTS;
      return this;
    }

    /** Returns the metrics. */
    public PersistenceMetrics build() {
      return new PersistenceMetrics(this);
    }
  }
}
