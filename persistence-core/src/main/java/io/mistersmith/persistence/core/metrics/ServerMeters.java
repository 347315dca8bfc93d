package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.mistersmith.persistence.event.PersistenceEvent.FailoverChecked;
import io.mistersmith.persistence.event.PersistenceEvent.HotStoreChanged;
import io.mistersmith.persistence.event.PersistenceEvent.ServerAwaited;
import io.mistersmith.persistence.event.PersistenceEvent.ServiceFailed;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Meters of outages, promotions, and of this runtime's own services. Thread-safe. */
final class ServerMeters {

  private final MeterRegistry registry;
  private final AtomicLong waited = new AtomicLong();
  private final SetGauge away;
  private final Counter outages;
  private final Counter promotions;

  ServerMeters(MeterRegistry registry) {
    this.registry = registry;
    TimeGauge.builder(
            "persistence.open.wait", waited, TimeUnit.NANOSECONDS, AtomicLong::doubleValue)
        .description("how long opening has waited for a server")
        .register(registry);
    this.away =
        new SetGauge(
            registry, "persistence.nats.away", Tags.empty(), "1 while NATS does not answer");
    this.outages = counter("persistence.nats.outages", "times that NATS stopped to answer");
    this.promotions = counter("persistence.primary.changes", "promotions of another PostgreSQL");
  }

  private Counter counter(String name, String description, String... tags) {
    return Counter.builder(name).tags(tags).description(description).register(registry);
  }

  void awaited(ServerAwaited wait) {
    waited.set(wait.waited().toNanos());
  }

  void hotStoreChanged(HotStoreChanged change) {
    away.set(change.away());
    outages.increment(change.away() ? 1 : 0);
  }

  void primaryChanged() {
    promotions.increment();
  }

  void failoverChecked(FailoverChecked checked) {
    agents("RESTORED", checked.restoredAgents().size());
    agents("RETURNED", checked.returnedAgents().size());
    agents("REFUSED", checked.refusedAgents().size());
    counter("persistence.failover.lost.checkpoints", "checkpoints that the new primary lacks")
        .increment(checked.lostCheckpoints().size());
    counter("persistence.failover.replayed", "dead letters replayed after a promotion")
        .increment((double) checked.replayedDeadLetters());
  }

  private void agents(String outcome, int agents) {
    counter(
            "persistence.failover.agents",
            "agents that the new primary lacked or had again",
            "outcome",
            outcome)
        .increment(agents);
  }

  void serviceFailed(ServiceFailed failed) {
    counter(
            "persistence.service.failures",
            "failures of background services that should not occur",
            "service",
            failed.service())
        .increment();
  }
}
