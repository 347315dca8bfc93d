package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.base.ObservedCalls;
import io.mistersmith.persistence.core.internal.base.RefusedByRuleException;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.StoreEvent;
import io.mistersmith.persistence.guard.Escalation;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.guard.StoreGuard;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The guard of one runtime's stores. Thread-safe. */
public final class Guard implements StoreGuard {

  /** The store and the role of a failure that no store threw. */
  private static final String NONE = "none";

  private record Place(String store, String role) {}

  private final PersistenceListener listener;
  private final ObservedCalls observed;
  private final Ticker ticker;
  private final Clock clock;
  private final boolean calls;
  private final boolean retries;
  private final Map<Place, Circuit> circuits = new ConcurrentHashMap<>();
  private final Escalations escalations;
  private final Fallbacks fallbacks;

  /** The failures that were counted: one that passes several roles counts for the first. */
  private final Set<PersistenceException> counted =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  /**
   * A guard that tells {@code listener}, which throws nothing.
   *
   * @param ticker measures calls and waits
   * @param clock dates what people read
   */
  public Guard(PersistenceListener listener, Ticker ticker, Clock clock) {
    this(listener, ObservedCalls.OFF, ticker, clock);
  }

  /** A guard whose calls are observed, too. */
  public Guard(PersistenceListener listener, ObservedCalls observed, Ticker ticker, Clock clock) {
    this.listener = listener;
    this.observed = observed;
    this.ticker = ticker;
    this.clock = clock;
    this.calls = listener.wants(StoreEvent.StoreCalled.class);
    this.retries = listener.wants(StoreEvent.CallRetried.class);
    this.escalations = new Escalations(listener, clock);
    this.fallbacks = new Fallbacks(listener, clock);
  }

  @Override
  public <T> Answer<T> call(
      String operation, Supplier<? extends T> call, List<? extends Fallback<T>> alternatives) {
    try {
      T value = call.get();
      fallbacks.keep(operation, alternatives, value);
      escalations.succeeded(NONE, NONE, operation);
      return new Answer<>(value, Optional.empty(), Optional.empty(), Optional.empty());
    } catch (PersistenceException e) {
      if (isNew(e)) {
        escalate(NONE, NONE, operation, e);
      }
      if (!Fallbacks.mayReplace(e.error())) {
        throw e;
      }
      return fallbacks.answer(operation, alternatives, e);
    }
  }

  @Override
  public List<Breaker> breakers() {
    return circuits.values().stream()
        .map(Circuit::breaker)
        .sorted(Comparator.comparing(Breaker::store).thenComparing(Breaker::role))
        .toList();
  }

  @Override
  public List<Escalation> escalations() {
    return escalations.all();
  }

  @Override
  public void acknowledge(Escalation escalation) {
    escalations.acknowledge(escalation);
  }

  /** Returns a sentence for each breaker that is not closed and each escalation. */
  public List<String> notices() {
    List<String> notices = new ArrayList<>();
    for (Breaker breaker : breakers()) {
      if (breaker.state() != Breaker.State.CLOSED) {
        notices.add(
            "%s of %s fails since %s, so that its calls fail at once; the log says why"
                .formatted(breaker.role(), breaker.store(), breaker.since()));
      }
    }
    escalations().forEach(escalation -> notices.add(escalation.notice()));
    return notices;
  }

  /** Returns the breaker of a role; the same one every time. */
  Circuit circuit(String store, String role) {
    return circuits.computeIfAbsent(
        new Place(store, role), place -> new Circuit(store, role, listener, ticker, clock));
  }

  /** The store says that it answers again, after it had not. */
  void back(String store) {
    circuits.values().stream()
        .filter(circuit -> circuit.store().equals(store))
        .forEach(Circuit::back);
    escalations.back(store);
  }

  PersistenceException refusal(StoreCall operation, Circuit circuit) {
    return new TransientPersistenceException(
        DataError.UNAVAILABLE,
        operation.name() + ": " + circuit.refusal(),
        new RefusedCallException());
  }

  boolean isRefusal(PersistenceException failure) {
    return failure.getCause() instanceof RefusedCallException;
  }

  /** Whether this failure was counted neither by another role nor by another attempt. */
  boolean isNew(PersistenceException failure) {
    return !isRefusal(failure) && counted.add(failure);
  }

  /** Tells an operator of a failure that needs one. */
  void succeeded(Circuit circuit, StoreCall operation) {
    escalations.succeeded(circuit.store(), circuit.role(), operation.name());
  }

  void escalate(String store, String role, String operation, PersistenceException failure) {
    if (failure.error().recovery() == DataError.Recovery.ESCALATE
        && !(failure.getCause() instanceof RefusedByRuleException)) {
      escalations.add(store, role, operation, failure);
    }
  }

  boolean hearsCalls() {
    return calls;
  }

  boolean hearsRetries() {
    return retries;
  }

  ObservedCalls observed() {
    return observed;
  }

  PersistenceListener listener() {
    return listener;
  }

  Ticker ticker() {
    return ticker;
  }
}
