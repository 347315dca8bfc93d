package io.mistersmith.persistence.core.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.StoreEvent;
import io.mistersmith.persistence.guard.Escalation;
import io.mistersmith.persistence.guard.StoreGuard.Breaker.State;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Meters of the calls into the stores, their guard, and transactions. Thread-safe. */
final class StoreMeters {

  private static final String OK = "OK";

  private record Call(String store, String role, String operation, Optional<DataError> failure) {}

  private record Place(String store, String role) {}

  private final MeterRegistry registry;
  private final Map<Call, Timer> calls = new ConcurrentHashMap<>();
  private final Map<Place, SetGauge> open = new ConcurrentHashMap<>();

  StoreMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  void called(StoreEvent.StoreCalled called) {
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

  void retried(StoreEvent.CallRetried retried) {
    counter(
            "persistence.store.retries",
            "calls that were repeated",
            place(retried.store(), retried.role())
                .and("operation", retried.operation(), "cause", retried.failure().name()))
        .increment();
  }

  private Counter counter(String name, String description, Tags tags) {
    return Counter.builder(name).tags(tags).description(description).register(registry);
  }

  void breakerChanged(PersistenceEvent.BreakerChanged changed) {
    Tags place = place(changed.store(), changed.role());
    counter(
            "persistence.breaker.changes",
            "changes of breakers",
            place.and("to", changed.to().name()))
        .increment();
    open.computeIfAbsent(
            new Place(changed.store(), changed.role()),
            missing ->
                new SetGauge(
                    registry,
                    "persistence.breaker.open",
                    place,
                    "1 while the breaker is not closed; there from its first change on"))
        .set(changed.to() != State.CLOSED);
  }

  void fallbackUsed(StoreEvent.FallbackUsed used) {
    counter(
            "persistence.fallbacks",
            "calls that a fallback answered",
            Tags.of(
                "operation",
                used.operation(),
                "kind",
                used.kind().name(),
                "cause",
                used.failure().name()))
        .increment();
  }

  void escalated(PersistenceEvent.Escalated escalated) {
    Escalation failure = escalated.escalation();
    counter(
            "persistence.escalations",
            "failures of a new kind that need an operator",
            place(failure.store(), failure.role())
                .and("operation", failure.operation(), "error", failure.error().name()))
        .increment();
  }

  void transactionEnded(StoreEvent.TransactionEnded ended) {
    Tags tags = Tags.of("boundary", ended.boundary().name(), "isolation", ended.isolation().name());
    String outcome =
        ended.committed()
            ? "COMMITTED"
            : ended.failure().map(DataError::name).orElse("ROLLED_BACK");
    Timer.builder("persistence.transactions")
        .description("transactions of the application, with their repetitions")
        .serviceLevelObjectives(Buckets.CALLS)
        .tags(tags.and("outcome", outcome))
        .register(registry)
        .record(ended.took());
    if (ended.attempts() > 1) {
      counter("persistence.transactions.retries", "attempts after the first", tags)
          .increment((double) ended.attempts() - 1);
    }
  }
}
