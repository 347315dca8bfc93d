package io.mistersmith.persistence.event;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.guard.Fallback;
import io.mistersmith.persistence.transaction.TransactionOptions;
import java.time.Duration;
import java.util.Optional;

/**
 * An event about calls into the stores, and transactions. There are many: a listener that wants
 * none of them says so by {@link PersistenceListener#wants}, and then they cost nothing.
 */
public sealed interface StoreEvent extends PersistenceEvent {

  /**
   * A call into a store ended, an attempt of it at least: one that is repeated is an event each
   * time.
   *
   * @param store {@code nats} or {@code postgresql}
   * @param role the bucket, or the role of the connections
   * @param operation the kind of call, such as {@code StateStore.find}
   * @param failure the code that it failed with; empty when it succeeded
   * @param took from its start to its end
   */
  record StoreCalled(
      String store, String role, String operation, Optional<DataError> failure, Duration took)
      implements StoreEvent {}

  /**
   * A call into a store is repeated after a pause.
   *
   * @param store {@code nats} or {@code postgresql}
   * @param role the bucket, or the role of the connections
   * @param operation the kind of call
   * @param attempt which attempt comes next, from 2 on
   * @param failure the code that the one before failed with
   * @param pause the time before the next one
   */
  record CallRetried(
      String store, String role, String operation, int attempt, DataError failure, Duration pause)
      implements StoreEvent {}

  /**
   * A fallback answered in the place of the stores.
   *
   * @param operation the application's name of the call
   * @param kind the kind of fallback
   * @param failure the code that the call failed with
   * @param age how old the answer is, if it is a cached one
   */
  record FallbackUsed(
      String operation, Fallback.Kind kind, DataError failure, Optional<Duration> age)
      implements StoreEvent {}

  /**
   * A transaction of the application ended.
   *
   * @param boundary its boundary
   * @param isolation its isolation
   * @param attempts how often it was begun, from 1 on
   * @param failure the code that it failed with; empty when it was committed, or its body threw an
   *     exception of its own
   * @param committed whether it was committed
   * @param took from the start of the first attempt to the end of the last
   */
  record TransactionEnded(
      TransactionOptions.Boundary boundary,
      TransactionOptions.Isolation isolation,
      int attempts,
      Optional<DataError> failure,
      boolean committed,
      Duration took)
      implements StoreEvent {}
}
