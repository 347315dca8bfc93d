package io.mistersmith.persistence.core.internal.base;

import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Makes ids of rows: UUIDs of version 7, which grow with time, so that new rows are neighbours in
 * their index.
 */
public final class OrderedIds {

  private OrderedIds() {}

  /** Returns a new id. */
  public static UUID next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = (System.currentTimeMillis() << 16) | 0x7000L | random.nextInt(0x1000);
    long low = (random.nextLong() >>> 2) | 0x8000000000000000L;
    return new UUID(high, low);
  }
}
