package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlOptions.Isolation;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.ConnectionFactory;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Runs statements on one pool, and turns whatever is thrown into typed failures. Thread-safe.
 *
 * <p>A call has one deadline in all: what it waited for a connection is taken off what it may wait
 * for the server. When the server is known not to answer, it is not asked.
 */
final class Database implements Statements {

  /** Runs the work of a call on a connection, and what goes before and after it. */
  interface Around {
    <T> T run(Handle handle, Function<Handle, T> work);
  }

  private final Jdbi jdbi;
  private final PoolSet pools;
  private final ConnectionPool pool;
  private final Availability availability;
  private final SecondConnection second;
  private final Runnable changed;
  private final @Nullable Around around;

  /**
   * Runs statements on the pool.
   *
   * @param changed runs after each call that may have committed a change
   */
  Database(PoolSet pools, ConnectionPool pool, Availability availability, Runnable changed) {
    this.pools = pools;
    this.pool = pool;
    this.availability = availability;
    this.changed = changed;
    this.around = null;
    Duration limit = PoolSettings.callLimit(pool.config());
    this.second = new SecondConnection(pool::size);
    this.jdbi =
        Jdbi.create(
            new ConnectionFactory() {
              @Override
              public Connection openConnection() throws SQLException {
                return second.acquire(() -> pool.acquire(CallDeadline.left(limit)));
              }

              @Override
              public void closeConnection(Connection connection) throws SQLException {
                pool.release(connection);
              }
            });
    jdbi.setSqlLogger(pool.slow());
    ParsedStatements.install(jdbi);
    SharedSession.install(jdbi, pool.session());
  }

  private Database(Database other, Around around) {
    this.jdbi = other.jdbi;
    this.pools = other.pools;
    this.pool = other.pool;
    this.availability = other.availability;
    this.second = other.second;
    this.changed = other.changed;
    this.around = around;
  }

  /** Returns one that runs each call's work within {@code more}, on the same connections. */
  Database around(Around more) {
    return new Database(this, more);
  }

  @Override
  public <T> T read(String what, Function<Handle, T> work) {
    return ask(what, () -> onHandle(work));
  }

  @Override
  public <T> T write(String what, Function<Handle, T> work) {
    return askToChange(what, () -> onHandle(changing(ActorSettings.before(work))));
  }

  /** Runs one statement that PostgreSQL refuses within a transaction. */
  <T> T alone(String what, Function<Handle, T> work) {
    return askToChange(what, () -> onHandle(changing(SharedSession.alone(work))));
  }

  /**
   * Also a call that failed may have been committed, but none that got no connection: the next read
   * from a replica would ask the primary in vain.
   */
  private <T> Function<Handle, T> changing(Function<Handle, T> work) {
    return handle -> {
      try {
        return work.apply(handle);
      } finally {
        changed.run();
      }
    };
  }

  @Override
  public <T> T snapshot(String what, Function<Handle, T> work) {
    return ask(what, () -> inTransaction(Isolation.REPEATABLE_READ, true, work));
  }

  @Override
  public <T> T transaction(SqlOptions options, Function<Handle, T> work) {
    return transaction(options, false, ActorSettings.before(work));
  }

  @Override
  public <T> T attempt(SqlOptions options, Function<Handle, T> work) {
    return transaction(options, work);
  }

  @Override
  public <T> T whole(Supplier<T> call) {
    return call.get();
  }

  /** Runs statements in a transaction, again where another one won and the options say so. */
  <T> T transaction(SqlOptions options, boolean readOnly, Function<Handle, T> work) {
    Supplier<T> call = () -> inTransaction(options.isolation(), readOnly, work);
    for (int attempt = 1; ; attempt++) {
      try {
        return readOnly ? ask(options.what(), call) : askToChange(options.what(), call);
      } catch (TransientPersistenceException e) {
        if (e.error() != DataError.TRANSACTION_CONFLICT || attempt == options.attempts()) {
          throw e;
        }
      }
    }
  }

  /**
   * Runs a unit of work in a transaction, again where another one won and the options say so. Fails
   * as {@code OUTCOME_UNKNOWN} when the connection is lost once COMMIT was sent.
   */
  <T> T unit(SqlOptions options, Function<Handle, T> work) {
    for (int attempt = 1; ; attempt++) {
      AtomicBoolean committing = new AtomicBoolean();
      Function<Handle, T> committed = handle -> commit(handle, options, work, committing);
      try {
        return ask(
            options.what(), () -> onHandle(options.isReadOnly() ? committed : changing(committed)));
      } catch (PersistenceException e) {
        if (committing.get() && !options.isReadOnly() && PostgresFailures.leavesOutcomeUnknown(e)) {
          throw LostCommit.of(options, e);
        }
        if (e.error() != DataError.TRANSACTION_CONFLICT || attempt == options.attempts()) {
          throw e;
        }
      }
    }
  }

  private <T> T commit(
      Handle handle, SqlOptions options, Function<Handle, T> work, AtomicBoolean committing) {
    try {
      pool.restoreLimit(handle.getConnection()); // its deadline is kept between its statements
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
    return handle.inTransaction(
        same -> {
          T result = second.holding(() -> work.apply(same));
          options.prepared().ifPresent(id -> PreparedUnits.prepare(same, id));
          committing.set(options.prepared().isEmpty());
          return result;
        });
  }

  /**
   * Runs statements in a transaction that is rolled back. What they see of others counts as changed
   * by this runtime: it may be its own, committed long after it was given up.
   */
  <T> T undone(String what, Function<Handle, T> work) {
    return askToChange(what, () -> onHandle(changing(handle -> undone(handle, work))));
  }

  private static <T> T undone(Handle handle, Function<Handle, T> work) {
    handle.begin();
    T result;
    try {
      result = work.apply(handle);
    } catch (RuntimeException e) {
      try {
        handle.rollback();
      } catch (RuntimeException rollback) {
        e.addSuppressed(rollback);
      }
      throw e;
    }
    handle.rollback();
    return result;
  }

  /** Runs statements on a connection of the application, which commits or rolls back. */
  <T> T join(SqlOptions options, Connection connection, Function<Handle, T> work) {
    try {
      requireTransaction(connection, options);
      // Not closed: that would close the connection.
      Handle handle = Jdbi.open(connection);
      // The connection may be one of a pool that the application made, never of the library's.
      return pool.isOwn() ? work.apply(handle) : second.holding(() -> work.apply(handle));
    } catch (ThrownByWorkException e) {
      throw e.thrown();
    } catch (RuntimeException e) {
      throw typed(options.what(), e); // says nothing about the library's own connections
    }
  }

  private static void requireTransaction(Connection connection, SqlOptions options) {
    int least =
        switch (options.isolation()) {
          case READ_COMMITTED -> Connection.TRANSACTION_READ_UNCOMMITTED;
          case REPEATABLE_READ -> Connection.TRANSACTION_REPEATABLE_READ;
          case SERIALIZABLE -> Connection.TRANSACTION_SERIALIZABLE;
        };
    try {
      if (connection.getAutoCommit()) {
        throw new ThrownByWorkException(
            new IllegalStateException(
                options.what()
                    + ": the connection commits each statement by itself; call"
                    + " setAutoCommit(false), or begin the transaction first"));
      }
      if (connection.getTransactionIsolation() < least) {
        throw new ThrownByWorkException(
            new IllegalStateException(
                options.what()
                    + ": it needs the isolation "
                    + options.isolation()
                    + ", and the transaction on the connection has less"));
      }
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
  }

  /** The first statement says how, since the driver would use two round trips of its own for it. */
  private <T> T inTransaction(Isolation isolation, boolean readOnly, Function<Handle, T> work) {
    String mode = SharedSession.mode(isolation, readOnly);
    Function<Handle, T> whole =
        handle -> {
          if (SharedSession.opensWith(handle, mode) || isolation == Isolation.READ_COMMITTED) {
            return committed(handle, work);
          }
          return committed(
              handle,
              same -> {
                same.execute(mode);
                return work.apply(same);
              });
        };
    return onHandle(readOnly ? whole : changing(whole));
  }

  /** Commits the work, and counts a slow commit as a slow statement. */
  private <T> T committed(Handle handle, Function<Handle, T> work) {
    long[] worked = new long[1];
    T result =
        handle.inTransaction(
            same -> {
              T done = work.apply(same);
              worked[0] = System.nanoTime();
              return done;
            });
    pool.slow().committed(System.nanoTime() - worked[0]);
    return result;
  }

  /** Jdbi's own withHandle would join a transaction that is open on this thread. */
  private <T> T onHandle(Function<Handle, T> work) {
    try (Handle handle = jdbi.open()) {
      long taken = System.nanoTime();
      try {
        T result = around == null ? work.apply(handle) : around.run(handle, work);
        requireCurrent(handle);
        return result;
      } finally {
        pool.meter().used(System.nanoTime() - taken);
      }
    }
  }

  /** What a server has answered or committed that was demoted meanwhile counts for nothing. */
  private void requireCurrent(Handle handle) {
    try {
      if (!pool.isCurrent(handle.getConnection())) {
        throw new ConnectionException(
            new SQLException("the server was demoted", PostgresFailures.DEMOTED));
      }
    } catch (SQLException e) {
      throw new ConnectionException(e);
    }
  }

  /**
   * Asks once more where the session accepts no writes: it may be older than the server's return to
   * them. Nothing was applied, and the failure has renewed the sessions.
   */
  private <T> T askToChange(String what, Supplier<T> call) {
    try {
      return ask(what, call);
    } catch (TransientPersistenceException e) {
      if (!PostgresFailures.state(e).equals(PostgresFailures.READ_ONLY)) {
        throw e;
      }
      try {
        return ask(what, call);
      } catch (PersistenceException again) {
        again.addSuppressed(e);
        throw again;
      }
    }
  }

  private <T> T ask(String what, Supplier<T> call) {
    availability.check(what);
    long asked = System.nanoTime();
    try {
      return call.get();
    } catch (ThrownByWorkException e) {
      throw e.thrown();
    } catch (RuntimeException e) {
      PersistenceException failure = failure(what, e);
      if (PostgresFailures.isSilence(e)) {
        availability.silent(asked, failure);
      }
      throw failure;
    }
  }

  private PersistenceException failure(String what, RuntimeException thrown) {
    if (PostgresFailures.spoilsSession(thrown)) {
      pools.renew(pool.server());
    }
    return typed(what, thrown);
  }

  /** Returns the typed failure of a statement, which may be one already. */
  PersistenceException typed(String what, Throwable thrown) {
    return typed(what, thrown, PostgresFailures::of);
  }

  /**
   * {@link #typed(String, Throwable)}.
   *
   * @param of translates what the store's own state does not explain
   */
  PersistenceException typed(
      String what, Throwable thrown, BiFunction<String, Throwable, PersistenceException> of) {
    if (pools.isClosed() && !(thrown instanceof PersistenceException)) {
      return new NonTransientPersistenceException(
          DataError.CLOSED, what + ": the store is closed", thrown.getCause());
    }
    return of.apply(
        PostgresFailures.concernsServer(thrown) ? what + ", PostgreSQL " + pool.server() : what,
        thrown);
  }

  /** Returns the settings of its sessions. */
  RoleSession session() {
    return pool.session();
  }

  @Override
  public PrimaryMonitor primaries() {
    return pools.primaries();
  }

  /** Returns how long one statement may take. */
  Duration statementTimeout() {
    return pool.config().statementTimeout();
  }
}
