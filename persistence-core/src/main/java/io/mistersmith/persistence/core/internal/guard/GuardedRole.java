package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.StoreEvent.StoreCalled;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Runs the calls into one store and role. A call that succeeds goes straight to the store: Failsafe
 * is entered for one that failed and may be repeated. Thread-safe.
 */
final class GuardedRole {

  private final Guard guard;
  private final Circuit circuit;
  private final Duration limit;
  private final BooleanSupplier away;
  private final RoleObservations observations;

  /**
   * Guards a role.
   *
   * @param limit the time for a call and its repetitions
   * @param away whether the store is known to be away, so that a repetition would be in vain
   */
  GuardedRole(Guard guard, Circuit circuit, Duration limit, BooleanSupplier away) {
    this.guard = guard;
    this.circuit = circuit;
    this.limit = limit;
    this.away = away;
    this.observations = new RoleObservations(guard.observed(), circuit);
  }

  Circuit circuit() {
    return circuit;
  }

  /** Runs a call, and repeats it where that is safe. */
  <T> T run(StoreCall operation, Supplier<? extends T> call) {
    return observations.areOff()
        ? repeated(operation, call)
        : observations.call(operation, () -> repeated(operation, call));
  }

  /** {@link #run} for a call that stores entries in a bucket with the text of its trace. */
  <T> T send(StoreCall operation, String bucket, Function<Optional<String>, ? extends T> call) {
    return observations.areOff()
        ? repeated(operation, () -> call.apply(Optional.empty()))
        : observations.send(
            operation, bucket, trace -> repeated(operation, () -> call.apply(trace)));
  }

  private <T> T repeated(StoreCall operation, Supplier<? extends T> call) {
    long began = guard.ticker().nanos();
    try {
      return attempt(operation, call, began);
    } catch (PersistenceException e) {
      if (!operation.repeat().allows(e.error()) || guard.isRefusal(e) || away.getAsBoolean()) {
        throw e;
      }
      long passed = guard.ticker().nanos() - began;
      return new Repetition<T>(guard, this, operation, call, e, limit.minusNanos(passed)).run();
    }
  }

  /** Runs a call once, and counts how it ends. */
  <T> T attempt(StoreCall operation, Supplier<? extends T> call, long began) {
    return attempt(operation, new int[] {circuit.enter()}, call, began);
  }

  /**
   * Runs a call with work of the application in it once.
   *
   * @param call is given what it runs when that work begins
   */
  <T> T unit(StoreCall operation, Function<Runnable, ? extends T> call) {
    return observations.areOff()
        ? unobserved(operation, call)
        : observations.call(operation, () -> unobserved(operation, call));
  }

  private <T> T unobserved(StoreCall operation, Function<Runnable, ? extends T> call) {
    int[] entry = {circuit.enter()};
    Runnable begins = () -> entry[0] = circuit.served(entry[0]);
    return attempt(operation, entry, () -> call.apply(begins), guard.ticker().nanos());
  }

  private <T> T attempt(StoreCall operation, int[] entry, Supplier<? extends T> call, long began) {
    if (entry[0] == Circuit.REFUSED) {
      throw guard.refusal(operation, circuit);
    }
    try {
      T answer = call.get();
      circuit.answered(entry[0]);
      guard.succeeded(circuit, operation);
      called(operation, Optional.empty(), began);
      return answer;
    } catch (PersistenceException e) {
      failed(operation, entry[0], e, began);
      throw e;
    } catch (RuntimeException | Error e) {
      circuit.answered(entry[0]);
      called(operation, Optional.empty(), began);
      throw e;
    }
  }

  /** Starts a call, which is not repeated: a repetition would come after later calls. */
  <T> CompletableFuture<T> start(StoreCall operation, Supplier<CompletableFuture<T>> call) {
    return observations.areOff()
        ? begun(operation, call)
        : observations.start(operation, () -> begun(operation, call));
  }

  /** {@link #start} for a call that stores an entry in a bucket with the text of its trace. */
  <T> CompletableFuture<T> startToSend(
      StoreCall operation, String bucket, Function<Optional<String>, CompletableFuture<T>> call) {
    return observations.areOff()
        ? begun(operation, () -> call.apply(Optional.empty()))
        : observations.startToSend(
            operation, bucket, trace -> begun(operation, () -> call.apply(trace)));
  }

  private <T> CompletableFuture<T> begun(StoreCall operation, Supplier<CompletableFuture<T>> call) {
    int entry = circuit.enter();
    if (entry == Circuit.REFUSED) {
      return CompletableFuture.failedFuture(guard.refusal(operation, circuit));
    }
    long began = guard.hearsCalls() ? guard.ticker().nanos() : 0;
    CompletableFuture<T> answer = call.get();
    var unused =
        answer.whenComplete(
            (value, failure) -> {
              if (failure == null) {
                circuit.answered(entry);
                guard.succeeded(circuit, operation);
                called(operation, Optional.empty(), began);
              } else {
                ended(operation, entry, Failures.cause(failure), began);
              }
            });
    return answer;
  }

  private void ended(StoreCall operation, int entry, Throwable failure, long began) {
    if (failure instanceof PersistenceException typed) {
      failed(operation, entry, typed, began);
    } else {
      circuit.answered(entry);
    }
  }

  private void failed(StoreCall operation, int entry, PersistenceException failure, long began) {
    boolean news = guard.isNew(failure);
    if (!news || !operation.repeat().isTrouble(failure.error())) {
      circuit.answered(entry);
    } else if (Thread.currentThread().isInterrupted()) {
      circuit.abandoned(entry, failure);
    } else {
      circuit.failed(entry, failure);
    }
    if (news) {
      guard.escalate(circuit.store(), circuit.role(), operation.name(), failure);
    }
    called(operation, Optional.of(failure.error()), began);
  }

  private void called(StoreCall operation, Optional<DataError> failure, long began) {
    if (guard.hearsCalls()) {
      guard
          .listener()
          .on(
              new StoreCalled(
                  circuit.store(),
                  circuit.role(),
                  operation.name(),
                  failure,
                  Duration.ofNanos(guard.ticker().nanos() - began)));
    }
  }
}
