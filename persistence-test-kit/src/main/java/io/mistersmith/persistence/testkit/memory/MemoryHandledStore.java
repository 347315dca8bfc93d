package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.spi.sql.HandledStore;
import io.mistersmith.persistence.testkit.memory.MessageTables.HandledId;
import java.time.Duration;
import java.time.Instant;

/** The ids of handled messages, in memory. */
final class MemoryHandledStore implements HandledStore {

  private final Session session;

  MemoryHandledStore(Session session) {
    this.session = session;
  }

  @Override
  public boolean note(String consumer, String messageId) {
    HandledId id = new HandledId(consumer, messageId);
    Instant now = session.now();
    return session.call(
        tables -> {
          tables.messages.handled.lock(id);
          if (tables.messages.handled.contains(id)) {
            return false;
          }
          tables.messages.handled.put(id, now);
          return true;
        });
  }

  @Override
  public int sweep(Duration age, int max) {
    Instant oldest = session.now().minus(age);
    return session.call(
        tables -> {
          int[] left = {max};
          return tables.messages.handled.removeIf(at -> at.isBefore(oldest) && left[0]-- > 0);
        });
  }
}
