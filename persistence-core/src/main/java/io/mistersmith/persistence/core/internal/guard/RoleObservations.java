package io.mistersmith.persistence.core.internal.guard;

import io.mistersmith.persistence.core.internal.base.Failures;
import io.mistersmith.persistence.core.internal.base.ObservedCalls;
import io.mistersmith.persistence.event.CallObserver.Kind;
import io.mistersmith.persistence.event.CallObserver.Scope;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** Has the calls of one store and role observed, each with its repetitions. Thread-safe. */
final class RoleObservations {

  private final ObservedCalls observed;
  private final Circuit circuit;

  RoleObservations(ObservedCalls observed, Circuit circuit) {
    this.observed = observed;
    this.circuit = circuit;
  }

  boolean areOff() {
    return !observed.isOn();
  }

  /** Makes a call in a scope of its own. */
  <T> T call(StoreCall operation, Supplier<? extends T> call) {
    return in(begin(Kind.REQUEST, operation, circuit.role(), true), trace -> call.get());
  }

  /** Makes a call that stores entries in a bucket with the text of its trace. */
  <T> T send(StoreCall operation, String bucket, Function<Optional<String>, ? extends T> call) {
    return in(begin(Kind.SEND, operation, bucket, true), call);
  }

  private static <T> T in(Scope scope, Function<Optional<String>, ? extends T> call) {
    T answer;
    try {
      answer = call.apply(scope.trace());
    } catch (RuntimeException | Error e) {
      scope.end(Optional.of(e));
      throw e;
    }
    scope.end(Optional.empty());
    return answer;
  }

  /** Starts a call, which ends with its answer. */
  <T> CompletableFuture<T> start(StoreCall operation, Supplier<CompletableFuture<T>> call) {
    return until(begin(Kind.REQUEST, operation, circuit.role(), false), trace -> call.get());
  }

  /** Starts a call that stores an entry in a bucket with the text of its trace. */
  <T> CompletableFuture<T> startToSend(
      StoreCall operation, String bucket, Function<Optional<String>, CompletableFuture<T>> call) {
    return until(begin(Kind.SEND, operation, bucket, false), call);
  }

  private static <T> CompletableFuture<T> until(
      Scope scope, Function<Optional<String>, CompletableFuture<T>> call) {
    CompletableFuture<T> answer;
    try {
      answer = call.apply(scope.trace());
    } catch (RuntimeException | Error e) {
      scope.end(Optional.of(e));
      throw e;
    }
    var unused =
        answer.whenComplete(
            (value, failure) -> scope.end(Optional.ofNullable(failure).map(Failures::cause)));
    return answer;
  }

  private Scope begin(Kind kind, StoreCall operation, String bucket, boolean onThread) {
    return circuit.store().equals(GuardedSql.STORE)
        ? observed.begin(
            observed.postgres(circuit.role(), operation.name(), operation.table(), 1, onThread))
        : observed.nats(kind, circuit.role(), operation.name(), bucket, onThread);
  }
}
