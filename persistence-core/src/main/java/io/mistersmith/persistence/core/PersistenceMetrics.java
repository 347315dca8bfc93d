package io.mistersmith.persistence.core;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.lifecycle.Hydration;
import io.mistersmith.persistence.lifecycle.LifecycleChange;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.monitor.BackpressureEvent;
import io.mistersmith.persistence.monitor.ConflictReport;
import io.mistersmith.persistence.monitor.Consistency;
import io.mistersmith.persistence.monitor.ConsistencyReport;
import io.mistersmith.persistence.monitor.FlushReport;
import io.mistersmith.persistence.monitor.Inconsistency;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.monitor.ServiceFailure;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts what the engine does in a Micrometer registry. Give it as the listener and, once the
 * engine is open, bind its figures:
 *
 * <pre>{@code
 * PersistenceMetrics metrics = new PersistenceMetrics(registry);
 * Persistence persistence = Persistence.open(config.toBuilder().listener(metrics).build());
 * metrics.bind(persistence.consistency(), Duration.ofSeconds(10));
 * }</pre>
 *
 * <p>All names begin with {@code persistence.}; the README says what each figure means. Micrometer
 * is an optional dependency: where it is not on the class path do not touch this class, and nothing
 * else asks for it. An application with a listener of its own calls this one from there.
 * Thread-safe. Close it before the engine.
 */
public final class PersistenceMetrics implements PersistenceListener, AutoCloseable {

  private final MeterRegistry registry;
  private final Timer flushes;
  private final Counter entries;
  private final Counter rows;
  private final Counter failures;
  private final Counter deadLetters;
  private final Counter epochs;
  private final Counter lost;
  private final Counter hydrations;
  private final Timer bulkHydrations;
  private final Counter evictions;
  private final Counter compared;
  private final AtomicInteger engaged;
  private final LifecycleMeters lifecycle;
  private Optional<ConsistencyGauges> gauges = Optional.empty();

  /** Registers the meters that events move. */
  public PersistenceMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.flushes =
        Timer.builder("persistence.flush.duration")
            .description("transactions that brought writes to PostgreSQL")
            .register(registry);
    this.entries = counter("persistence.flush.entries", "writes that were committed");
    this.rows = counter("persistence.flush.rows", "rows that they were coalesced to");
    this.failures = counter("persistence.flush.failures", "attempts to flush that failed");
    this.deadLetters = counter("persistence.dead.letters", "entries that PostgreSQL refused");
    this.epochs = counter("persistence.epochs", "times that a journal started anew or went back");
    this.lost = counter("persistence.conflicts.lost", "times that another writer was faster");
    this.hydrations = counter("persistence.hydrations", "entries brought from PostgreSQL to KV");
    this.bulkHydrations =
        Timer.builder("persistence.hydration.duration")
            .description("hydrations of all of an agent's entries")
            .register(registry);
    this.evictions = counter("persistence.evictions", "idle entries taken out of KV");
    this.compared = counter("persistence.consistency.compared", "keys compared by checks");
    this.engaged =
        Objects.requireNonNull(
            registry.gauge("persistence.backpressure.engaged", new AtomicInteger()));
    this.lifecycle = new LifecycleMeters(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  /**
   * Registers gauges of both memories and of the lag, which a thread of its own asks for at this
   * interval: whoever scrapes the registry never waits for a store. Replaces those bound before.
   */
  public synchronized void bind(Consistency consistency, Duration interval) {
    close();
    ConsistencyGauges bound = new ConsistencyGauges(registry, consistency, interval);
    gauges = Optional.of(bound);
    bound.start();
  }

  /** Stops asking, and removes the gauges; the counters stay. */
  @Override
  public synchronized void close() {
    gauges.ifPresent(ConsistencyGauges::close);
    gauges = Optional.empty();
  }

  @Override
  public void onFlushed(FlushReport report) {
    flushes.record(report.took());
    entries.increment(report.entries());
    rows.increment(report.rows());
  }

  @Override
  public void onFlushFailed(String bucket, RuntimeException cause) {
    failures.increment();
  }

  @Override
  public void onDeadLetter(String bucket, String subject, String reason) {
    deadLetters.increment();
  }

  @Override
  public void onEpochStarted(String bucket, long epoch, String reason) {
    epochs.increment();
  }

  @Override
  public void onConflict(ConflictReport report) {
    registry
        .counter(
            "persistence.conflicts",
            "strategy",
            report.strategy().name(),
            "outcome",
            report.outcome().name())
        .increment();
    lost.increment(report.lost());
  }

  @Override
  public void onHydrated(StateKey key) {
    hydrations.increment();
  }

  @Override
  public void onAgentHydrated(Hydration hydration) {
    bulkHydrations.record(hydration.took());
  }

  @Override
  public void onLifecycle(LifecycleChange change) {
    lifecycle.count(change);
  }

  @Override
  public void onEvicted(String bucket, int count) {
    evictions.increment(count);
  }

  @Override
  public void onBackpressure(BackpressureEvent event) {
    engaged.set(event.engaged() ? 1 : 0);
  }

  @Override
  public void onInconsistent(Inconsistency found) {
    registry
        .counter(
            "persistence.inconsistencies",
            "kind",
            found.kind().name(),
            "repair",
            found.repair().name())
        .increment();
  }

  @Override
  public void onConsistencyChecked(ConsistencyReport report) {
    compared.increment((double) report.compared());
  }

  @Override
  public void onServiceFailed(ServiceFailure failure) {
    registry.counter("persistence.service.failures", "service", failure.service()).increment();
  }
}
