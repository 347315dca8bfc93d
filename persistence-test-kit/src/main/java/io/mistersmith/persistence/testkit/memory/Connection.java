package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Clock;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/** What every call of one opened pair of stores checks first, and whose clock it goes by. */
final class Connection {

  private final Clock clock;
  private final BooleanSupplier hotDown;
  private final BooleanSupplier sqlDown;
  private volatile boolean closed;

  Connection(Clock clock, BooleanSupplier hotDown, BooleanSupplier sqlDown) {
    this.clock = clock;
    this.hotDown = hotDown;
    this.sqlDown = sqlDown;
  }

  Clock clock() {
    return clock;
  }

  Instant now() {
    return clock.instant();
  }

  void close() {
    closed = true;
  }

  void checkHot() {
    checkOpen();
    if (hotDown.getAsBoolean()) {
      throw unreachable("the in-memory hot store");
    }
  }

  void checkSql() {
    checkOpen();
    if (sqlDown.getAsBoolean()) {
      throw unreachable("the in-memory durable store");
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new NonTransientPersistenceException(
          DataError.CLOSED, "the in-memory stores are closed; open them again");
    }
  }

  private static TransientPersistenceException unreachable(String store) {
    return new TransientPersistenceException(
        DataError.CONNECTION_FAILED, store + " is down; nothing was applied");
  }
}
