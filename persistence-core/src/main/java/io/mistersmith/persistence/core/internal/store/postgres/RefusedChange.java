package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;

/**
 * A change that cannot become a row.
 *
 * @param change the change
 * @param error the kind of refusal
 * @param reason why, without values
 * @param sqlState what PostgreSQL said; empty when it was not asked
 * @param constraint the constraint that did not hold; empty when it was none
 */
record RefusedChange(
    StateChange change, DataError error, String reason, String sqlState, String constraint) {

  /** A change that PostgreSQL need not be asked about. */
  static RefusedChange unasked(StateChange change, DataError error, String reason) {
    return new RefusedChange(change, error, reason, "", "");
  }

  /** A change that PostgreSQL refused. */
  static RefusedChange by(Throwable thrown, StateChange change) {
    String state = PostgresFailures.state(thrown);
    DataError error = DataError.CONSTRAINT_VIOLATION;
    if (PostgresFailures.verdict(thrown) == PostgresFailures.Verdict.OUT_OF_TIME) {
      error = DataError.TRANSACTION_CONFLICT;
    } else if (state.startsWith("22") || state.startsWith("54")) {
      error = DataError.SERIALIZATION_ERROR;
    }
    return new RefusedChange(
        change, error, PostgresFailures.reason(thrown), state, PostgresFailures.constraint(thrown));
  }
}
