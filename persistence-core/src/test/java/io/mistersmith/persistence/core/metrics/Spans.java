package io.mistersmith.persistence.core.metrics;

import io.micrometer.observation.Observation.Context;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationView;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A tracer as small as can be: it makes a span of each observation, and takes and gives W3C {@code
 * traceparent}s as Micrometer's tracing handlers do.
 */
final class Spans implements ObservationHandler<Context> {

  private static final String TRACEPARENT = "traceparent";

  private final List<Span> ended = new CopyOnWriteArrayList<>();

  /**
   * A span.
   *
   * @param parent the id of the span that it is in; empty for the first of a trace
   * @param kind of a call to or from elsewhere
   */
  record Span(
      String trace,
      String id,
      Optional<String> parent,
      String name,
      Optional<String> kind,
      Map<String, String> attributes,
      Optional<Throwable> error) {

    Span called(String newName, Map<String, String> newAttributes, Optional<Throwable> newError) {
      return new Span(trace, id, parent, newName, kind, newAttributes, newError);
    }
  }

  @Override
  public boolean supportsContext(Context context) {
    return true;
  }

  @Override
  public void onStart(Context context) {
    Span span = begin(context);
    context.put(Span.class, span);
    if (context instanceof SenderContext<?> sender) {
      inject(sender, "00-" + span.trace() + "-" + span.id() + "-01");
    }
  }

  private static <C> void inject(SenderContext<C> context, String text) {
    context.getSetter().set(context.getCarrier(), TRACEPARENT, text);
  }

  private static <C> String extract(ReceiverContext<C> context) {
    return Objects.requireNonNull(
        context.getGetter().get(Objects.requireNonNull(context.getCarrier()), TRACEPARENT));
  }

  private static Span begin(Context context) {
    if (context instanceof ReceiverContext<?> receiver) {
      String text = extract(receiver);
      return span(
          text.substring(3, 35), Optional.of(text.substring(36, 52)), receiver.getKind().name());
    }
    String kind = context instanceof SenderContext<?> sender ? sender.getKind().name() : "";
    ObservationView parent = context.getParentObservation();
    if (parent == null) {
      return span(hex() + hex(), Optional.empty(), kind);
    }
    Span above = parent.getContextView().getRequired(Span.class);
    return span(above.trace(), Optional.of(above.id()), kind);
  }

  private static Span span(String trace, Optional<String> parent, String kind) {
    return new Span(
        trace,
        hex(),
        parent,
        "",
        kind.isEmpty() ? Optional.empty() : Optional.of(kind),
        Map.of(),
        Optional.empty());
  }

  private static String hex() {
    return "%016x".formatted(ThreadLocalRandom.current().nextLong());
  }

  @Override
  public void onStop(Context context) {
    Map<String, String> attributes = new HashMap<>();
    context.getAllKeyValues().forEach(value -> attributes.put(value.getKey(), value.getValue()));
    Span span = context.getRequired(Span.class);
    ended.add(
        span.called(
            Objects.requireNonNull(context.getContextualName()),
            attributes,
            Optional.ofNullable(context.getError())));
  }

  /** Returns the spans of this name that have ended, in the order of their ends. */
  List<Span> named(String name) {
    return ended.stream().filter(span -> span.name().equals(name)).toList();
  }

  /** Returns the parts of a span that have ended. */
  List<Span> in(Span above) {
    return ended.stream().filter(span -> span.parent().equals(Optional.of(above.id()))).toList();
  }
}
