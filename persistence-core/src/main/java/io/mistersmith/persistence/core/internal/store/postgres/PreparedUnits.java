package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/**
 * Transactions that were prepared and not ended. The statements that prepare and end them take no
 * parameters; {@link io.mistersmith.persistence.spi.sql.SqlOptions#withPrepared} lets no id pass
 * that would need quotes.
 */
final class PreparedUnits {

  private static final String ALL =
      """
      SELECT p.gid,
             (extract(epoch FROM clock_timestamp() - p.prepared) * 1000)::bigint AS age_millis
        FROM pg_catalog.pg_prepared_xacts AS p
       WHERE p.database = current_database() AND p.owner = current_user
      """;

  private static final String ID_IS_TAKEN = "42710";
  private static final String NONE_WITH_THIS_ID = "42704";
  private static final String SWITCHED_OFF = "55000";

  private final Database callers;

  PreparedUnits(Database callers) {
    this.callers = callers;
  }

  /** Prepares the transaction that is open on the connection, which has none then. */
  static void prepare(Handle handle, String id) {
    try {
      handle.execute("PREPARE TRANSACTION '" + id + "'");
    } catch (UnableToExecuteStatementException e) {
      if (hasState(e, SWITCHED_OFF)) {
        throw new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            "prepare a transaction: the server allows none; set max_prepared_transactions to the"
                + " number of transactions that may be prepared at once, and restart it, or use"
                + " EVENTUAL_CONSISTENCY",
            e);
      }
      if (hasState(e, ID_IS_TAKEN)) {
        throw new NonTransientPersistenceException(
            DataError.DUPLICATE_KEY, "prepare a transaction: there is one with the id " + id, e);
      }
      throw e;
    }
  }

  boolean commit(String id) {
    return end("commit prepared transaction " + id, "COMMIT PREPARED '" + id + "'");
  }

  boolean rollBack(String id) {
    return end("roll back prepared transaction " + id, "ROLLBACK PREPARED '" + id + "'");
  }

  private boolean end(String what, String statement) {
    return callers.alone(
        what,
        handle -> {
          try {
            handle.execute(statement);
            return true;
          } catch (UnableToExecuteStatementException e) {
            if (hasState(e, NONE_WITH_THIS_ID)) {
              return false;
            }
            throw e;
          }
        });
  }

  private static boolean hasState(UnableToExecuteStatementException e, String state) {
    return e.getCause() instanceof SQLException cause && state.equals(cause.getSQLState());
  }

  Map<String, Duration> all() {
    return callers.read(
        "list prepared transactions",
        handle -> {
          Map<String, Duration> ages = new LinkedHashMap<>();
          handle
              .createQuery(ALL)
              .map((row, context) -> Map.entry(row.getString(1), Duration.ofMillis(row.getLong(2))))
              .forEach(prepared -> ages.put(prepared.getKey(), prepared.getValue()));
          return ages;
        });
  }
}
