package io.mistersmith.persistence.core.internal.backup;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A segment of the write-ahead log.
 *
 * @param timeline the timeline that wrote it
 * @param number its number from the beginning of the log: the position that it begins at, divided
 *     by the size of a segment
 */
record WalSegment(int timeline, long number) {

  private static final Pattern NAME = Pattern.compile("([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})");

  /** One part of a name counts 4 GiB of the log. */
  private static final long BYTES_OF_PART = 1L << 32;

  private static final long LEAST_SIZE = 1L << 20;
  private static final long GREATEST_SIZE = 1L << 30;

  /**
   * Returns the segment of a file's name; empty when it is no segment's name, or none that a server
   * with segments of this size gives.
   */
  static Optional<WalSegment> parse(String name, long size) {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      return Optional.empty();
    }
    long timeline = Long.parseLong(parts.group(1), 16);
    long part = Long.parseLong(parts.group(2), 16);
    long inPart = Long.parseLong(parts.group(3), 16);
    long perPart = BYTES_OF_PART / checkedSize(size);
    return timeline == 0 || timeline > Integer.MAX_VALUE || inPart >= perPart
        ? Optional.empty()
        : Optional.of(new WalSegment((int) timeline, part * perPart + inPart));
  }

  /** Returns the segment of a timeline that has the byte at a position. */
  static WalSegment at(int timeline, Lsn lsn, long size) {
    return new WalSegment(timeline, Long.divideUnsigned(lsn.value(), checkedSize(size)));
  }

  /**
   * Returns the segment that has the last byte before a position: a position at the end of a
   * segment needs nothing of the next one.
   */
  static WalSegment before(int timeline, Lsn lsn, long size) {
    return at(timeline, new Lsn(Math.max(0, lsn.value() - 1)), size);
  }

  /** Whether PostgreSQL can have segments of this size. */
  static boolean isSize(long size) {
    return size >= LEAST_SIZE && size <= GREATEST_SIZE && Long.bitCount(size) == 1;
  }

  private static long checkedSize(long size) {
    if (!isSize(size)) {
      throw new IllegalArgumentException(
          "a segment of the WAL has "
              + size
              + " bytes; it must be a power of two from 1 MiB to 1 GiB");
    }
    return size;
  }

  /** Returns the name of its file. */
  String name(long size) {
    long perPart = BYTES_OF_PART / checkedSize(size);
    return "%08X%08X%08X".formatted(timeline, number / perPart, number % perPart);
  }

  /** Returns the position that it begins at. */
  Lsn begin(long size) {
    return new Lsn(number * size);
  }

  /** Returns the position that the next one begins at. */
  Lsn end(long size) {
    return new Lsn((number + 1) * size);
  }
}
