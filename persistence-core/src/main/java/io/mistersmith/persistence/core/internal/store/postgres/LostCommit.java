package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;

/** The failure of a unit whose connection was lost after COMMIT was sent. */
final class LostCommit {

  private LostCommit() {}

  static TransientPersistenceException of(SqlOptions options, PersistenceException failure) {
    return new TransientPersistenceException(
        DataError.OUTCOME_UNKNOWN,
        options.what()
            + ": the connection was lost after COMMIT was sent, so it may or may not have been"
            + " applied; "
            + options
                .correlationId()
                .map(id -> "TransactionRunner.outcome(\"" + id + "\") tells")
                .orElse("look for what it wrote, or give it a correlation id the next time")
            + " ("
            + failure.getMessage()
            + ")",
        failure);
  }
}
