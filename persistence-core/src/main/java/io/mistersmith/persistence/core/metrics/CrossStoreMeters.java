package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.event.CrossStoreEvent.ChangesRecovered;
import io.mistersmith.persistence.event.CrossStoreEvent.ChangesWaiting;
import io.mistersmith.persistence.event.CrossStoreEvent.CrossStoreEnded;
import java.util.concurrent.atomic.AtomicInteger;

/** The meters of transactions over both stores, which events move. Thread-safe. */
final class CrossStoreMeters {

  private final MeterRegistry registry;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Counter rolledBack;
  private final Counter recovered;
  private final Counter refused;

  CrossStoreMeters(MeterRegistry registry) {
    this.registry = registry;
    this.rolledBack =
        counter(
            "persistence.crossstore.rolledback",
            "prepared transactions of other runtimes that this one rolled back");
    this.recovered =
        counter(
            "persistence.crossstore.recovered",
            "changes that waited, and that this runtime put into KV");
    this.refused = counter("persistence.crossstore.refused", "changes that wait for an operator");
    Gauge.builder("persistence.crossstore.waiting", waiting, AtomicInteger::get)
        .description("committed changes that wait to be put into KV")
        .register(registry);
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }

  void ended(CrossStoreEnded transaction) {
    Timer.builder("persistence.crossstore.transactions")
        .description("transactions over both stores, with all their attempts")
        .tag("strategy", transaction.strategy().name())
        .tag(
            "outcome",
            transaction.committed()
                ? "COMMITTED"
                : transaction.failure().map(DataError::name).orElse("ROLLED_BACK"))
        .register(registry)
        .record(transaction.took());
  }

  void rolledBack() {
    rolledBack.increment();
  }

  void waiting(ChangesWaiting found) {
    waiting.set(found.entries());
  }

  void recovered(ChangesRecovered put) {
    recovered.increment(put.entries());
  }

  void refused() {
    refused.increment();
  }
}
