package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.event.StoreEvent.TransactionEnded;
import io.mistersmith.persistence.transaction.TransactionOptions;
import java.time.Duration;
import java.util.Optional;

/** Tells a listener how transactions end. Thread-safe. */
final class TransactionEvents {

  private final PersistenceListener listener;
  private final boolean wanted;

  TransactionEvents(PersistenceListener listener) {
    this.listener = listener;
    this.wanted = listener.wants(TransactionEnded.class);
  }

  <T> T around(TransactionOptions options, Attempts<T> attempts) {
    if (!wanted) {
      return attempts.run();
    }
    long began = System.nanoTime();
    Optional<DataError> failure = Optional.empty();
    boolean committed = false;
    try {
      T result = attempts.run();
      committed = true;
      return result;
    } catch (PersistenceException e) {
      failure = Optional.of(e.error());
      throw e;
    } finally {
      listener.on(
          new TransactionEnded(
              options.boundary(),
              options.isolation(),
              attempts.begun(),
              failure,
              committed,
              Duration.ofNanos(System.nanoTime() - began)));
    }
  }
}
