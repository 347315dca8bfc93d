package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import java.time.Clock;
import java.time.Instant;
import java.util.UUID;
import java.util.function.BooleanSupplier;

/**
 * The checks before every call of one opened pair of stores, with its clock and its installation.
 */
final class Connection {

  private final Clock clock;
  private final UUID installation;
  private final BooleanSupplier hotDown;
  private final BooleanSupplier sqlDown;
  private volatile boolean closed;

  Connection(Clock clock, UUID installation, BooleanSupplier hotDown, BooleanSupplier sqlDown) {
    this.clock = clock;
    this.installation = installation;
    this.hotDown = hotDown;
    this.sqlDown = sqlDown;
  }

  Clock clock() {
    return clock;
  }

  UUID installation() {
    return installation;
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
