package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionRunner;
import java.time.Duration;
import java.util.function.Consumer;

/** What became of a transaction, as its caller knows. */
enum Outcome {
  COMMITTED,
  /** The runner did not know; the row of the correlation id says that it was committed. */
  FOUND_COMMITTED,
  NOT_COMMITTED,
  UNKNOWN;

  private static final Duration ASKED_FOR = Duration.ofSeconds(30);

  boolean isCommitted() {
    return this == COMMITTED || this == FOUND_COMMITTED;
  }

  /**
   * Runs a transaction that has a correlation id, and asks for its outcome where the runner leaves
   * it open. A validation may refuse it; any other failure must be transient.
   */
  static Outcome of(Actor actor, TransactionOptions options, Consumer<Transaction> body) {
    TransactionRunner runner = actor.persistence().transactions();
    return of(
        actor,
        options.correlationId().orElseThrow(),
        options.boundary().name(),
        () -> runner.execute(options, body));
  }

  /**
   * Runs a call that commits a transaction with this correlation id.
   *
   * @param kind under which it is counted
   */
  static Outcome of(Actor actor, String id, String kind, Runnable call) {
    Outcome outcome;
    try {
      call.run();
      outcome = COMMITTED;
    } catch (PersistenceException e) {
      outcome = after(actor, e, actor.persistence().transactions(), id);
    }
    actor.ledgerWriter().counted("transaction " + kind + " " + outcome);
    return outcome;
  }

  private static Outcome after(
      Actor actor, PersistenceException failure, TransactionRunner runner, String id) {
    if (failure.error() == DataError.OUTCOME_UNKNOWN) {
      PersistenceException unused = actor.tolerated(failure);
      return ask(actor, runner, id);
    }
    if (failure.isTransient()) {
      PersistenceException unused = actor.tolerated(failure);
      actor.pause();
    } else if (failure.error() != DataError.CONSTRAINT_VIOLATION) {
      failure.printStackTrace(System.err);
      actor.ledgerWriter().unexpected("transaction " + id + ": " + failure.getMessage());
      return UNKNOWN;
    }
    return NOT_COMMITTED;
  }

  private static Outcome ask(Actor actor, TransactionRunner runner, String id) {
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < ASKED_FOR.toNanos()) {
      try {
        return switch (runner.outcome(id)) {
          case COMMITTED -> FOUND_COMMITTED;
          case NOT_COMMITTED -> NOT_COMMITTED;
        };
      } catch (PersistenceException e) {
        PersistenceException unused = actor.tolerated(e);
        actor.pause();
      }
    }
    return UNKNOWN;
  }
}
