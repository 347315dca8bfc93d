package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Meters of the calls into the stores, their guard, and transactions. Thread-safe. */
final class StoreMeters {

  private static final String OK = "OK";

  private record Call(String store, String role, String operation, Optional<DataError> failure) {}

  private record Place(String store, String role) {}

  private final MeterRegistry registry;
  private final Map<Call, Timer> calls = new ConcurrentHashMap<>();
  private final Map<Place, AtomicInteger> open = new ConcurrentHashMap<>();

  StoreMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  void called(PersistenceEvent.StoreCalled called) {
    calls
        .computeIfAbsent(
            new Call(called.store(), called.role(), called.operation(), called.failure()),
            this::timer)
        .record(called.took());
  }

  private Timer timer(Call call) {
    return Timer.builder("persistence.store.calls")
        .description("calls into the stores, each attempt of its own")
        .tags(place(call.store(), call.role()))
        .tag("operation", call.operation())
        .tag("outcome", outcome(call.failure()))
        .serviceLevelObjectives(Buckets.CALLS)
        .register(registry);
  }

  private static Tags place(String store, String role) {
    return Tags.of("store", store, "role", role);
  }

  private static String outcome(Optional<DataError> failure) {
    return failure.map(DataError::name).orElse(OK);
  }

  void retried(PersistenceEvent.CallRetried retried) {
    registry
        .counter(
            "persistence.store.retries",
            place(retried.store(), retried.role())
                .and("operation", retried.operation(), "cause", retried.failure().name()))
        .increment();
  }

  void breakerChanged(PersistenceEvent.BreakerChanged changed) {
    Tags place = place(changed.store(), changed.role());
    registry
        .counter("persistence.breaker.changes", place.and("to", changed.to().name()))
        .increment();
    open.computeIfAbsent(
            new Place(changed.store(), changed.role()),
            missing ->
                Objects.requireNonNull(
                    registry.gauge("persistence.breaker.open", place, new AtomicInteger())))
        .set(changed.to() == State.CLOSED ? 0 : 1);
  }

  void fallbackUsed(PersistenceEvent.FallbackUsed used) {
    registry
        .counter(
            "persistence.fallbacks",
            "operation",
            used.operation(),
            "kind",
            used.kind().name(),
            "cause",
            used.failure().name())
        .increment();
  }

  void escalated(PersistenceEvent.Escalated escalated) {
    registry
        .counter(
            "persistence.escalations",
            place(escalated.escalation().store(), escalated.escalation().role())
                .and(
                    "operation",
                    escalated.escalation().operation(),
                    "error",
                    escalated.escalation().error().name()))
        .increment();
  }

  void transactionEnded(PersistenceEvent.TransactionEnded ended) {
    Tags tags = Tags.of("boundary", ended.boundary().name(), "isolation", ended.isolation().name());
    String outcome =
        ended.committed()
            ? "COMMITTED"
            : ended.failure().map(DataError::name).orElse("ROLLED_BACK");
    registry.timer("persistence.transactions", tags.and("outcome", outcome)).record(ended.took());
    if (ended.attempts() > 1) {
      registry
          .counter("persistence.transactions.retries", tags)
          .increment((double) ended.attempts() - 1);
    }
  }
}
