package io.mistersmith.persistence.core.internal.task;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes ids of tasks: UUIDs of version 7, which grow with time, so that new rows are neighbours in
 * their index.
 */
final class TaskIds {

  private TaskIds() {}

  static UUID next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = (System.currentTimeMillis() << 16) | 0x7000L | random.nextInt(0x1000);
    long low = (random.nextLong() >>> 2) | 0x8000000000000000L;
    return new UUID(high, low);
  }
}
