package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.pool.PoolSet;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/** Runs statements on one pool, and turns whatever is thrown into typed failures. Thread-safe. */
final class Database {

  private final Jdbi jdbi;
  private final PoolSet pools;

  Database(PoolSet pools, DataSource pool) {
    this.pools = pools;
    this.jdbi = Jdbi.create(pool);
  }

  /**
   * Runs one statement, which is its own transaction.
   *
   * @param what what is done to whom, for the message of a failure
   */
  <T> T call(String what, Function<Handle, T> work) {
    try {
      return jdbi.withHandle(work::apply);
    } catch (RuntimeException e) {
      throw failure(what, e);
    }
  }

  /** Runs statements in one transaction, which is rolled back when {@code work} throws. */
  <T> T transaction(String what, Function<Handle, T> work) {
    try {
      return jdbi.inTransaction(work::apply);
    } catch (RuntimeException e) {
      throw failure(what, e);
    }
  }

  /** {@link #transaction}, whose statements all see the data of one moment. */
  <T> T snapshot(String what, Function<Handle, T> work) {
    try {
      return jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, work::apply);
    } catch (RuntimeException e) {
      throw failure(what, e);
    }
  }

  private PersistenceException failure(String what, RuntimeException thrown) {
    if (pools.isClosed() && !(thrown instanceof PersistenceException)) {
      return new NonTransientPersistenceException(
          DataError.CLOSED, what + ": the store is closed", thrown.getCause());
    }
    if (PostgresFailures.spoilsSession(thrown)) {
      pools.renew();
    }
    return PostgresFailures.of(
        PostgresFailures.concernsServer(thrown) ? what + ", PostgreSQL " + pools.server() : what,
        thrown);
  }
}
