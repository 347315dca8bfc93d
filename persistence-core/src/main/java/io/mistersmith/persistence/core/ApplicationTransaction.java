package io.mistersmith.persistence.core;

import io.mistersmith.persistence.Persistence;
import io.mistersmith.persistence.core.internal.store.postgres.PostgresStore;
import io.mistersmith.persistence.core.internal.transaction.StoreTransactionRunner.Join;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.sql.SqlOptions;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import io.mistersmith.persistence.transaction.Transaction;
import io.mistersmith.persistence.transaction.TransactionOptions;
import java.sql.Connection;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/**
 * Puts this library's rows into a transaction that the application began: on a connection of JDBC,
 * of Spring ({@code DataSourceUtils.getConnection}) or of jOOQ ({@code dsl.connection}), or on a
 * handle of Jdbi. The connection must lead to this library's database.
 *
 * <p>The application commits or rolls back, and closes. The body runs once, after a savepoint that
 * is rolled back when it throws, so that the application can go on after a failure. It uses these
 * options: the isolation, which the connection must have already, the validations, the read-only
 * mark for this library's rows, and the correlation id. Time limits and settings are the
 * application's own. An agent that is saved is published to KV within about five seconds after the
 * commit, by this library's background service.
 */
public final class ApplicationTransaction {

  private ApplicationTransaction() {}

  /**
   * Runs {@code body} in the transaction that is open on a connection.
   *
   * @return what the body returned
   * @throws IllegalStateException when the connection commits each statement by itself, or has less
   *     isolation than the options ask for
   * @throws io.mistersmith.persistence.error.PersistenceException the failure of a call within the
   *     body; {@code MISCONFIGURED} when {@code persistence} does not run on PostgreSQL
   */
  public static <T> T join(
      Persistence persistence,
      Connection connection,
      TransactionOptions options,
      Function<? super Transaction, ? extends T> body) {
    if (!(persistence instanceof CorePersistence core)) {
      throw new IllegalArgumentException(
          "persistence was not opened by Persistence.open, and cannot join a connection");
    }
    PostgresStore store =
        core.postgres()
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.MISCONFIGURED,
                        options.what()
                            + ": these stores are no PostgreSQL of this library's own, so there is"
                            + " no connection to join"));
    return core.transactions().join(new On(store, connection), options, body);
  }

  /** {@link #join(Persistence, Connection, TransactionOptions, Function)} on Jdbi's connection. */
  public static <T> T join(
      Persistence persistence,
      Handle handle,
      TransactionOptions options,
      Function<? super Transaction, ? extends T> body) {
    return join(persistence, handle.getConnection(), options, body);
  }

  private record On(PostgresStore store, Connection connection) implements Join {

    @Override
    public <T> T run(SqlOptions options, Function<? super SqlUnit, ? extends T> work) {
      return store.join(connection, options, work);
    }
  }
}
