package io.mistersmith.persistence.core.metrics;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.mistersmith.persistence.event.CallObserver;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes an observation of each call into the stores, from which the registry's handlers make spans
 * and timers. Give it to the configuration:
 *
 * <pre>{@code
 * MonitoringConfig monitoring =
 *     MonitoringConfig.builder().observer(new PersistenceObservations(registry)).build();
 * Persistence persistence = Persistence.open(config.toBuilder().monitoring(monitoring).build());
 * }</pre>
 *
 * <p>Calls into PostgreSQL have the names of OpenTelemetry's stable conventions for databases.
 * Calls into NATS have names of this library, unless {@link #withMessagingNames} is chosen.
 *
 * <p>One trace leads from the caller to the row if the tracer propagates W3C {@code traceparent}:
 * the write of an entry, its way through the journal, and the write of its row, in whichever
 * process that happens. Needs {@code io.micrometer:micrometer-observation}; like {@link
 * PersistenceMetrics}, do not touch this class where it is not on the class path. Thread-safe.
 */
@SuppressWarnings("exports") // whoever uses it requires Micrometer
public final class PersistenceObservations implements CallObserver {

  private final ObservationRegistry registry;
  private final boolean messaging;

  /** The names of calls that are alike: there are as many as kinds of calls and tables. */
  private final Map<Call, CallNames> names = new ConcurrentHashMap<>();

  /** Makes observations in a registry. */
  public PersistenceObservations(ObservationRegistry registry) {
    this(registry, false);
  }

  private PersistenceObservations(ObservationRegistry registry, boolean messaging) {
    this.registry = registry;
    this.messaging = messaging;
  }

  /**
   * Returns observations in which writes to NATS, and their way to PostgreSQL, have the names of
   * OpenTelemetry's conventions for messaging. Those are not stable yet, and change with them.
   */
  public PersistenceObservations withMessagingNames() {
    return new PersistenceObservations(registry, true);
  }

  @Override
  public Scope begin(Call call) {
    return ObservedScope.begin(this, call, Observation.NOOP);
  }

  /** Returns an observation that bears the call's names, and is not started. */
  Observation describe(Call call, Observation.Context context) {
    CallNames known = names(call);
    return Observation.createNotStarted(known.name(), () -> context, registry)
        .contextualName(known.span())
        .lowCardinalityKeyValues(known.labels())
        .highCardinalityKeyValues(known.details());
  }

  private CallNames names(Call call) {
    return call.size() > 1 || call.trace().isPresent()
        ? CallNames.of(call, messaging)
        : names.computeIfAbsent(call, missing -> CallNames.of(missing, messaging));
  }
}
