package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.pool.PoolSet;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;

/**
 * Runs statements on one pool, and turns whatever is thrown into typed failures. Thread-safe.
 *
 * <p>A call has one deadline in all: what it waited for a connection is taken off what it may wait
 * for the server. When the server is known not to answer, it is not asked.
 */
final class Database {

  /** A shorter wait for a connection is not worth a call to the socket. */
  private static final Duration SHORT = Duration.ofMillis(100);

  private static final Duration LEAST = Duration.ofMillis(250);

  private final Jdbi jdbi;
  private final PoolSet pools;
  private final Availability availability;

  Database(PoolSet pools, DataSource pool, Availability availability) {
    this.pools = pools;
    this.availability = availability;
    this.jdbi = Jdbi.create(() -> acquire(pool, pools.callLimit()));
  }

  private static Connection acquire(DataSource pool, Duration limit) throws SQLException {
    long asked = System.nanoTime();
    Connection connection = pool.getConnection();
    Duration waited = Duration.ofNanos(System.nanoTime() - asked);
    if (waited.compareTo(SHORT) > 0) {
      Duration left = limit.minus(waited);
      long millis = Math.max(LEAST.toMillis(), left.toMillis());
      try {
        // The pool puts it back to the configured one when the connection is returned.
        connection.setNetworkTimeout(Runnable::run, (int) Math.min(Integer.MAX_VALUE, millis));
      } catch (SQLException | RuntimeException e) {
        connection.close();
        throw e;
      }
    }
    return connection;
  }

  /**
   * Runs one statement, which is its own transaction.
   *
   * @param what what is done to whom, for the message of a failure
   */
  <T> T call(String what, Function<Handle, T> work) {
    return ask(what, () -> jdbi.withHandle(work::apply));
  }

  /** Runs statements in one transaction, which is rolled back when {@code work} throws. */
  <T> T transaction(String what, Function<Handle, T> work) {
    return ask(what, () -> jdbi.inTransaction(work::apply));
  }

  /** {@link #transaction}, whose statements all see the data of one moment. */
  <T> T snapshot(String what, Function<Handle, T> work) {
    return ask(
        what, () -> jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, work::apply));
  }

  private <T> T ask(String what, Supplier<T> call) {
    availability.check(what);
    long asked = System.nanoTime();
    try {
      return call.get();
    } catch (RuntimeException e) {
      PersistenceException failure = failure(what, e);
      if (PostgresFailures.isSilence(e)) {
        availability.silent(asked, failure);
      }
      throw failure;
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
