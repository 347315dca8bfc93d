package io.mistersmith.persistence.core;

import io.mistersmith.persistence.core.internal.message.StoredMessages;
import io.mistersmith.persistence.message.MessageLog;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;

/** The messages between agents, wired, and the upkeep of their deliveries. */
final class MessageArea {

  private static final Duration SWEEP = Duration.ofSeconds(30);

  private final StoredMessages messages;

  MessageArea(EngineContext engine) {
    this.messages = new StoredMessages(engine.stores().sql().messages());
    StoredMessages background =
        new StoredMessages(engine.stores().sql().on(PostgresRole.BACKGROUND).messages());
    engine
        .services()
        .every(
            SWEEP,
            "persistence-messages",
            "expired deliveries of messages are not deleted",
            background::sweep)
        .start();
  }

  MessageLog messages() {
    return messages;
  }
}
