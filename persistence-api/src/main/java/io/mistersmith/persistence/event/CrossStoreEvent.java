package io.mistersmith.persistence.event;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.saga.CrossStoreOptions;
import java.time.Duration;
import java.util.Optional;

/** An event about transactions that change rows and entries together. */
public sealed interface CrossStoreEvent extends PersistenceEvent {

  /**
   * A transaction of this runtime ended.
   *
   * @param strategy how it is committed
   * @param entries how many entries it changes; 0 when it was not committed
   * @param failure the code that it failed with, {@code OUTCOME_UNKNOWN} included; empty when it
   *     was committed, or its work threw an exception of its own
   * @param committed whether it was committed
   * @param took from its start to its commit, or to its failure
   */
  record CrossStoreEnded(
      CrossStoreOptions.Strategy strategy,
      int entries,
      Optional<DataError> failure,
      boolean committed,
      Duration took)
      implements CrossStoreEvent {}

  /**
   * This runtime rolled back a prepared transaction whose runtime is gone, or gave it up.
   *
   * @param transaction its id in {@code pg_prepared_xacts}
   * @param age how long it was prepared
   */
  record PreparedRolledBack(String transaction, Duration age) implements CrossStoreEvent {}

  /**
   * Another number of committed changes than before waits to be put into KV, as this runtime found.
   *
   * @param entries how many entries; 100 means 100 or more
   */
  record ChangesWaiting(int entries) implements CrossStoreEvent {}

  /**
   * This runtime put changes into KV that waited: their runtime is gone, or had no answer from KV.
   *
   * @param entries how many entries
   */
  record ChangesRecovered(int entries) implements CrossStoreEvent {}

  /**
   * A committed change of an entry is not put into KV, since others have written the entry. It
   * waits for an operator.
   *
   * @param key the entry's key
   * @param correlationId the transaction's
   */
  record ChangeRefused(StateKey key, String correlationId) implements CrossStoreEvent {}
}
