package io.mistersmith.persistence.saga;

import io.mistersmith.persistence.transaction.TransactionOptions;
import io.mistersmith.persistence.transaction.TransactionOptions.Boundary;
import java.util.Objects;

/**
 * How a transaction over both stores runs. Immutable; each {@code with} returns a copy.
 *
 * @param strategy how it is committed
 * @param transaction the transaction in PostgreSQL, which must be able to write
 * @param checked whether the entries are looked at in KV once more right before the commit. A
 *     commit in two phases always does
 */
public record CrossStoreOptions(
    CrossStoreOptions.Strategy strategy, TransactionOptions transaction, boolean checked) {

  /** How changes in both stores are committed. */
  public enum Strategy {
    /**
     * PostgreSQL prepares the transaction ({@code PREPARE TRANSACTION}); then the entries are
     * looked at in KV; only if none was changed is it committed. So a change of an entry is refused
     * afterwards only where somebody writes between the look and the put. Needs {@code
     * max_prepared_transactions} on the server. A transaction that was prepared and left holds its
     * locks until a runtime finds it, within seconds, and rolls it back.
     */
    TWO_PHASE_COMMIT,
    /** One commit; the entries follow. */
    EVENTUAL_CONSISTENCY
  }

  /** Checks the transaction. */
  public CrossStoreOptions {
    Objects.requireNonNull(strategy, "strategy");
    if (transaction.isReadOnly()) {
      throw new IllegalArgumentException(
          transaction + ": it only reads, and has nothing to commit");
    }
  }

  /**
   * Returns options with the settings of {@link Boundary#CROSS_SYSTEM}.
   *
   * @param what the action and its object, which begin the messages of failures; no values
   */
  public static CrossStoreOptions of(Strategy strategy, String what) {
    return new CrossStoreOptions(
        strategy,
        TransactionOptions.of(Boundary.CROSS_SYSTEM, what),
        strategy == Strategy.TWO_PHASE_COMMIT);
  }

  /** Returns a copy with another transaction. */
  public CrossStoreOptions withTransaction(TransactionOptions other) {
    return new CrossStoreOptions(strategy, other, checked);
  }

  /** Returns a copy that looks at the entries right before the commit. */
  public CrossStoreOptions withCheck() {
    return new CrossStoreOptions(strategy, transaction, true);
  }
}
