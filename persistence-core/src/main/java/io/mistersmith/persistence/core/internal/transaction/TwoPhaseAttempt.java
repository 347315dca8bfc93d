package io.mistersmith.persistence.core.internal.transaction;

import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner.Phases;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.util.function.BiFunction;

/**
 * Prepares a transaction, asks whether it may be committed, and commits it: each attempt under an
 * id of its own. A transaction that is prepared and not committed is rolled back, here or by the
 * next runtime that finds it. For one call.
 */
final class TwoPhaseAttempt<T> {

  private final SqlStore sql;
  private final Phases phases;
  private final BiFunction<? super SqlUnit, ? super Returned<T>, ? extends T> body;
  private String id = "";

  TwoPhaseAttempt(
      SqlStore sql,
      Phases phases,
      BiFunction<? super SqlUnit, ? super Returned<T>, ? extends T> body) {
    this.sql = sql;
    this.phases = phases;
    this.body = body;
  }

  /** Makes an attempt. */
  T run(SqlOptions options, Returned<T> returned) {
    end();
    id = phases.begin();
    try {
      T result = sql.inTransaction(options.withPrepared(id), unit -> body.apply(unit, returned));
      phases.beforeCommit();
      commit(options);
      return result;
    } catch (PersistenceException e) {
      if (e.error() != DataError.OUTCOME_UNKNOWN) {
        rollBack(e);
      }
      throw e;
    } catch (RuntimeException | Error e) {
      rollBack(e);
      throw e;
    }
  }

  private void commit(SqlOptions options) {
    boolean committed;
    try {
      committed = sql.commitPrepared(id);
    } catch (TransientPersistenceException e) {
      throw new TransientPersistenceException(
          DataError.OUTCOME_UNKNOWN,
          options.what() + ": COMMIT PREPARED was not answered (" + e.getMessage() + ")",
          e);
    }
    if (!committed) {
      throw new TransientPersistenceException(
          DataError.TRANSACTION_CONFLICT,
          options.what()
              + ": another runtime rolled the prepared transaction back, since this one was taken"
              + " for gone; nothing was applied");
    }
  }

  /** Where PostgreSQL does not answer, the sweep of abandoned transactions does it. */
  private void rollBack(Throwable cause) {
    try {
      boolean unused = sql.rollBackPrepared(id);
    } catch (PersistenceException e) {
      cause.addSuppressed(e);
    }
  }

  /** Commits the attempt whose COMMIT was not answered, unless that is done; or finds it undone. */
  boolean isCommitted(SqlOptions options) {
    return sql.commitPrepared(id) || sql.isCommitted(options);
  }

  /** Whatever is prepared under the last id will not be committed from now on. */
  void end() {
    if (!id.isEmpty()) {
      phases.end(id);
    }
  }
}
