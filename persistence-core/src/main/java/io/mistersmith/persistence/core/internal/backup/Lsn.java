package io.mistersmith.persistence.core.internal.backup;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A position in PostgreSQL's write-ahead log.
 *
 * @param value bytes from the beginning of the log, unsigned
 */
record Lsn(long value) implements Comparable<Lsn> {

  private static final Pattern TEXT = Pattern.compile("([0-9A-Fa-f]{1,8})/([0-9A-Fa-f]{1,8})");

  /**
   * Returns the position that PostgreSQL prints so, such as {@code 0/2000028}.
   *
   * @throws IllegalArgumentException when the text is no position
   */
  static Lsn parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("'" + text + "' is no position in the WAL");
    }
    return new Lsn((Long.parseLong(parts.group(1), 16) << 32) | Long.parseLong(parts.group(2), 16));
  }

  /** Returns the later of the two. */
  Lsn max(Lsn other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /** Whether it is before the other. */
  boolean isBefore(Lsn other) {
    return compareTo(other) < 0;
  }

  @Override
  public int compareTo(Lsn other) {
    return Long.compareUnsigned(value, other.value);
  }

  @Override
  public String toString() {
    return "%X/%X".formatted(value >>> 32, value & 0xFFFF_FFFFL);
  }
}
