package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * Refuses a request for a connection that could never be answered. A thread that asks in the body
 * of a transaction holds one already. When such threads hold all connections of the pool, none
 * would be returned, so the last of these threads is refused. Thread-safe.
 */
final class SecondConnection {

  /** Gives a connection. */
  interface Source {
    Connection get() throws SQLException;
  }

  private final IntSupplier poolSize;
  private final AtomicInteger heldByWaiting = new AtomicInteger();
  private final ThreadLocal<int[]> held = ThreadLocal.withInitial(() -> new int[1]);

  SecondConnection(IntSupplier poolSize) {
    this.poolSize = poolSize;
  }

  /** Runs code of the application, during which this thread holds one connection more. */
  <T> T holding(Supplier<T> work) {
    int[] mine = held.get();
    mine[0]++;
    try {
      return work.get();
    } finally {
      mine[0]--;
      if (mine[0] == 0) {
        held.remove();
      }
    }
  }

  /** Asks for a connection, unless that would never end. */
  Connection acquire(Source source) throws SQLException {
    int[] mine = held.get();
    if (mine[0] == 0) {
      held.remove();
      return source.get();
    }
    int waiting = heldByWaiting.addAndGet(mine[0]);
    try {
      int size = poolSize.getAsInt();
      if (waiting >= size) {
        throw refusal(size);
      }
      return source.get();
    } finally {
      heldByWaiting.addAndGet(-mine[0]);
    }
  }

  private static RuntimeException refusal(int size) {
    String message =
        "this call needs a second connection in the body of a transaction, and all "
            + size
            + " of the pool are held by transactions that wait for one; nothing was applied. Use"
            + " what the transaction gives, join it with Nesting.JOIN, or raise maxConnections";
    return size == 1
        ? new NonTransientPersistenceException(DataError.MISCONFIGURED, message)
        : new TransientPersistenceException(DataError.POOL_EXHAUSTED, message);
  }
}
