package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.message.FleetingMessages;
import io.mistersmith.persistence.core.internal.message.StoredMessages;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.model.PostgresRole;
import io.mistersmith.persistence.spi.hot.HotStore;
import io.mistersmith.persistence.spi.sql.SqlUnit;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

/** The messages between agents, wired. A runtime that uses them tends their deliveries. */
final class MessageArea {

  private static final Duration SWEEP = Duration.ofSeconds(30);

  private final StoredMessages messages;
  private final PeriodicService sweeps;
  private final AtomicBoolean used = new AtomicBoolean();

  MessageArea(EngineContext engine) {
    HotStore hot = engine.stores().hot();
    this.messages =
        new StoredMessages(
            engine.stores().sql().messages(), new FleetingMessages(hot.streams(), hot.clock()));
    StoredMessages background =
        StoredMessages.in(engine.stores().sql().on(PostgresRole.BACKGROUND).messages());
    this.sweeps =
        engine
            .services()
            .every(
                SWEEP,
                "persistence-messages",
                "expired deliveries of messages are not deleted",
                background::sweep);
  }

  MessageLog messages() {
    begin();
    return messages;
  }

  /** Returns the messages in a unit. */
  MessageLog in(SqlUnit unit) {
    begin();
    return StoredMessages.in(unit.messages());
  }

  private void begin() {
    if (used.compareAndSet(false, true)) {
      sweeps.start();
    }
  }
}
