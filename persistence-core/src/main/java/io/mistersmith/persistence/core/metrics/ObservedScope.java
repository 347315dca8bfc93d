package io.mistersmith.persistence.core.metrics;

import io.micrometer.observation.Observation;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.CallObserver.Call;
import io.mistersmith.persistence.event.CallObserver.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The observation of one call. */
final class ObservedScope implements Scope {

  private static final String TRACEPARENT = "traceparent";

  private final PersistenceObservations observations;
  private final Observation observation;
  private final Map<String, String> carrier;
  private final Observation.Scope scope;

  private ObservedScope(
      PersistenceObservations observations,
      Observation observation,
      Map<String, String> carrier,
      Observation.Scope scope) {
    this.observations = observations;
    this.observation = observation;
    this.carrier = carrier;
    this.scope = scope;
  }

  /** Begins a call within another, or on its own within {@link Observation#NOOP}. */
  static ObservedScope begin(PersistenceObservations observations, Call call, Observation parent) {
    Map<String, String> carrier = new HashMap<>(4);
    call.trace().ifPresent(trace -> carrier.put(TRACEPARENT, trace));
    Observation observation = observations.describe(call, context(call, carrier));
    if (!parent.isNoop()) {
      observation.parentObservation(parent);
    }
    observation.start();
    return new ObservedScope(
        observations,
        observation,
        carrier,
        call.onThread() ? observation.openScope() : Observation.Scope.NOOP);
  }

  /** The kind of context tells a tracer what kind of span it is, and whose trace it continues. */
  private static Observation.Context context(Call call, Map<String, String> carrier) {
    return switch (call.kind()) {
      case REQUEST -> new SenderContext<>((none, key, value) -> {}, Kind.CLIENT);
      case SEND -> {
        SenderContext<Map<String, String>> context =
            new SenderContext<>((headers, key, value) -> carrier.put(key, value), Kind.PRODUCER);
        context.setCarrier(carrier);
        yield context;
      }
      case PROCESS -> {
        ReceiverContext<Map<String, String>> context =
            new ReceiverContext<>((headers, key) -> headers.get(key), Kind.CONSUMER);
        context.setCarrier(carrier);
        yield context;
      }
    };
  }

  @Override
  public Optional<String> trace() {
    return Optional.ofNullable(carrier.get(TRACEPARENT));
  }

  @Override
  public Scope begin(Call part) {
    return begin(observations, part, observation);
  }

  @Override
  public void end(Optional<? extends Throwable> failure) {
    scope.close();
    failure.ifPresent(
        cause -> {
          observation.highCardinalityKeyValue(CallNames.ERROR, error(cause));
          observation.error(cause);
        });
    observation.stop();
  }

  private static String error(Throwable cause) {
    return cause instanceof PersistenceException failure
        ? failure.error().name()
        : cause.getClass().getName();
  }
}
