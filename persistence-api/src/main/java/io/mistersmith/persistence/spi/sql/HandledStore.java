package io.mistersmith.persistence.spi.sql;

import java.time.Duration;

/**
 * The ids of messages that consumers of streams have handled, so that each is handled once.
 * Thread-safe unless it is bound to a unit.
 */
public interface HandledStore {

  /**
   * Notes that a consumer handles a message. Of two transactions that note the same one, the second
   * waits for the end of the first.
   *
   * @return false when it was noted before
   */
  boolean note(String consumer, String messageId);

  /**
   * Removes notes that are older, up to {@code max} of them.
   *
   * @return how many it removed
   */
  int sweep(Duration age, int max);
}
