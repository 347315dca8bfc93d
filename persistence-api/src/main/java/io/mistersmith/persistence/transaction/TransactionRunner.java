package io.mistersmith.persistence.transaction;

import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Runs code of the application in transactions of PostgreSQL. Thread-safe.
 *
 * <pre>{@code
 * long balance =
 *     persistence.transactions().run(
 *         TransactionOptions.of(Boundary.AGENT_TASK, "book " + id),
 *         tx -> {
 *           tx.update("UPDATE accounts SET balance = balance - 1 WHERE id = :id", Map.of("id", id));
 *           return tx.query(
 *                   "SELECT balance FROM accounts WHERE id = :id",
 *                   Map.of("id", id),
 *                   row -> row.get("balance", Long.class))
 *               .get(0);
 *         });
 * }</pre>
 *
 * <p>What becomes of a failure:
 *
 * <ul>
 *   <li>Another transaction won ({@code TRANSACTION_CONFLICT}; SQLSTATE 40001, 40P01 or a lock that
 *       was not given in time): the body runs again after a random pause, until the timeout.
 *   <li>The connection failed before COMMIT was sent ({@code CONNECTION_FAILED}, {@code
 *       UNAVAILABLE}), or the pool had none to give ({@code POOL_EXHAUSTED}): nothing was applied.
 *       The body runs again, three times in all.
 *   <li>The connection failed after COMMIT was sent: whether it was applied is unknown. With a
 *       {@linkplain TransactionOptions#correlationId correlation id} the runner finds out until the
 *       timeout, and returns the result, or runs the body again where nothing was applied. Without
 *       one, or when PostgreSQL does not come back in time, it fails with {@code OUTCOME_UNKNOWN},
 *       and {@link #outcome} tells later.
 *   <li>Everything else, a constraint among them, is thrown at once.
 * </ul>
 *
 * <p>The failure of the last attempt is thrown, and has the earlier ones as {@linkplain
 * Throwable#getSuppressed() suppressed}.
 */
public interface TransactionRunner {

  /**
   * Runs {@code body} in a transaction and commits it when the body returns and no validation
   * refuses; rolls it back when the body throws, and throws the same exception on.
   *
   * <p>A call from within the body of another transaction of this runner, on the same thread,
   * follows {@link TransactionOptions#nesting}.
   *
   * @param body runs on the caller's thread, and may run several times: what it does outside the
   *     transaction must bear that
   * @return what the body returned
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code
   *     TRANSACTION_CONFLICT}, {@code CONNECTION_FAILED}, {@code UNAVAILABLE}, {@code
   *     POOL_EXHAUSTED} or {@code TIMEOUT} when no attempt passed until the timeout, and nothing
   *     was applied; {@code OUTCOME_UNKNOWN} as said above
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code
   *     CONSTRAINT_VIOLATION} or {@code DUPLICATE_KEY}, with the constraint's name, when PostgreSQL
   *     refused a row; {@code CONSTRAINT_VIOLATION} when a validation refused; {@code
   *     DUPLICATE_KEY} when another transaction with this correlation id was committed
   * @throws IllegalStateException when the nesting rule refuses, or a transaction that is joined
   *     cannot give what the options ask for
   */
  <T> T run(TransactionOptions options, Function<? super Transaction, ? extends T> body);

  /** {@link #run} of a body without a result. */
  default void execute(TransactionOptions options, Consumer<? super Transaction> body) {
    boolean unused =
        run(
            options,
            transaction -> {
              body.accept(transaction);
              return true;
            });
  }

  /**
   * Returns whether a transaction with this correlation id was committed. The answer is final: one
   * that is still under way, such as a COMMIT whose client lost its connection, is waited for until
   * the statement timeout.
   *
   * @param correlationId the id that the options had, or that a failure names
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when PostgreSQL does not
   *     say in time; ask again
   */
  Outcome outcome(String correlationId);

  /**
   * Returns a position of PostgreSQL that has every change which was committed before the call, in
   * any process. Asks the primary. Give it to another process as text, for its {@link #observe}.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException when PostgreSQL does not
   *     answer
   */
  Position position();

  /**
   * Lets what this process reads from replicas be at least as new as the position, from now on. Its
   * own commits it sees anyway, apart from those that the application makes in a transaction of its
   * own: call {@code observe(position())} after these.
   *
   * @throws IllegalArgumentException when the position is none of PostgreSQL
   */
  void observe(Position position);

  /**
   * A position in the sequence of PostgreSQL's commits, which names the database system and its
   * timeline too: a replica of another system or timeline never counts as having it.
   *
   * @param text its form for other processes; opaque, at most 64 ASCII characters without spaces
   */
  record Position(String text) {

    /** Checks the length. */
    public Position {
      if (!text.matches("[!-~]{1,64}")) {
        throw new IllegalArgumentException(
            "position: give the text of TransactionRunner.position(), 1 to 64 ASCII characters");
      }
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** The outcome of a transaction. */
  enum Outcome {
    /** PostgreSQL has all of its changes. */
    COMMITTED,
    /**
     * Nothing of it was or will be applied; or it was committed more than seven days ago, which is
     * how long its row is kept.
     */
    NOT_COMMITTED
  }
}
