package io.mistersmith.persistence.monitor;

import java.time.Duration;

/**
 * What is in a journal behind the position: acknowledged, and not in PostgreSQL yet. It is the
 * journal's, by whichever process it was written, and the same in every process that looks.
 *
 * @param messages how many journal entries wait; of a key that is overwritten the stream keeps the
 *     last five, so that this may be less than was written
 * @param bytes about how large they are: their share of the bucket by number, or what the bucket
 *     grew by since nothing waited, whichever is more
 * @param oldestAge how long ago the first of them was stored, by the NATS server's clock; zero when
 *     nothing waits
 */
public record Backlog(long messages, long bytes, Duration oldestAge) {

  /** Nothing waits. */
  public static final Backlog NONE = new Backlog(0, 0, Duration.ZERO);

  /** Whether nothing waits. */
  public boolean isEmpty() {
    return messages == 0;
  }
}
