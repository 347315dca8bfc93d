package io.mistersmith.persistence.core.internal.store.nats;

import java.util.Arrays;

/**
 * Reads a server's {@code MSG subject sid [reply] bytes} and {@code HMSG ... header-bytes bytes}.
 */
final class MessageLine {

  private static final byte[] BUCKETS = {'$', 'K', 'V', '.'};

  private MessageLine() {}

  /** The number that so many other words follow; 0 where there is none. */
  static int number(byte[] bytes, int line, int end, int wordsAfterIt) {
    int number = 0;
    for (int at = startOfNumber(bytes, line, end, wordsAfterIt);
        at < end && bytes[at] >= '0' && bytes[at] <= '9';
        at++) {
      number = number * 10 + bytes[at] - '0';
    }
    return Math.max(0, number);
  }

  /** Returns the index of the word that is followed by {@code wordsAfterIt} other words. */
  static int startOfNumber(byte[] bytes, int line, int end, int wordsAfterIt) {
    int at = end;
    for (int words = -1; words < wordsAfterIt && at > line; words++) {
      while (at > line && bytes[at - 1] <= ' ') {
        at--;
      }
      while (at > line && bytes[at - 1] > ' ') {
        at--;
      }
    }
    return at;
  }

  /** Whether the message is delivered on its own subject, as a consumer does, from a bucket. */
  static boolean isStored(byte[] bytes, int line, int end) {
    int subject = line;
    while (subject < end && bytes[subject] > ' ') {
      subject++;
    }
    while (subject < end && (bytes[subject] == ' ' || bytes[subject] == '\t')) {
      subject++;
    }
    return end - subject > BUCKETS.length
        && Arrays.equals(bytes, subject, subject + BUCKETS.length, BUCKETS, 0, BUCKETS.length);
  }
}
