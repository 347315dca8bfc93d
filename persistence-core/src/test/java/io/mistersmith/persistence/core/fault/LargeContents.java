package io.mistersmith.persistence.core.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * Large values that say which write they are of: eight bytes with its number, and then bytes that
 * follow from the number.
 */
final class LargeContents {

  private LargeContents() {}

  /** The bytes of a write; their size follows from the number, too. */
  static byte[] of(long number, int most) {
    Random random = new Random(number);
    byte[] bytes = new byte[8 + random.nextInt(most)];
    random.nextBytes(bytes);
    ByteBuffer.wrap(bytes).putLong(number);
    return bytes;
  }

  /** The number of the write whose bytes these are; fails when they are no write's, whole. */
  static long numberOf(byte[] bytes, int most) {
    long number = ByteBuffer.wrap(bytes).getLong();
    assertThat(bytes).as("the bytes of write %d", number).isEqualTo(of(number, most));
    return number;
  }
}
