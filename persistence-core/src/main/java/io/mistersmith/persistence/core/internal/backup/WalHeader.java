package io.mistersmith.persistence.core.internal.backup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The beginning of a segment's file, by which PostgreSQL knows it: a file that was cut, renamed, or
 * comes from another server is found before it replaces a good one.
 *
 * @param timeline the timeline of its first page; an earlier one than the file's name has, where
 *     the timeline begins within the segment
 * @param begin the position in the log that the file begins at
 * @param systemIdentifier the server that wrote it
 * @param segmentSize how many bytes the segments of that server have
 */
record WalHeader(int timeline, Lsn begin, long systemIdentifier, long segmentSize) {

  /** How many bytes of the file it takes. */
  static final int LENGTH = 40;

  private static final int LONG_HEADER = 0x0002;
  private static final int MAGIC = 0xD000;
  private static final int INFO_AT = 2;
  private static final int TIMELINE_AT = 4;
  private static final int BEGIN_AT = 8;
  private static final int SYSTEM_AT = 24;
  private static final int SIZE_AT = 32;

  /**
   * Returns the header of a file; empty when it begins with none.
   *
   * @param bytes the first {@link #LENGTH} bytes
   */
  static Optional<WalHeader> read(byte[] bytes) {
    return read(bytes, ByteOrder.LITTLE_ENDIAN).or(() -> read(bytes, ByteOrder.BIG_ENDIAN));
  }

  /** The file is in the order of bytes of the machine that wrote it. */
  private static Optional<WalHeader> read(byte[] bytes, ByteOrder order) {
    if (bytes.length < LENGTH) {
      return Optional.empty();
    }
    ByteBuffer header = ByteBuffer.wrap(bytes).order(order);
    long size = Integer.toUnsignedLong(header.getInt(SIZE_AT));
    boolean isHeader =
        (header.getShort(0) & 0xF000) == MAGIC
            && (header.getShort(INFO_AT) & LONG_HEADER) != 0
            && WalSegment.isSize(size);
    return isHeader
        ? Optional.of(
            new WalHeader(
                header.getInt(TIMELINE_AT),
                new Lsn(header.getLong(BEGIN_AT)),
                header.getLong(SYSTEM_AT),
                size))
        : Optional.empty();
  }

  /** Says why a file with this header cannot be the segment of the name; empty when it can. */
  String mismatch(String name, long fileSize) {
    if (fileSize != segmentSize) {
      return "it has " + fileSize + " bytes, and must have " + segmentSize;
    }
    WalSegment segment = WalSegment.parse(name, segmentSize).orElse(null);
    if (segment == null) {
      return "its name does not fit segments of " + segmentSize + " bytes";
    }
    if (!segment.begin(segmentSize).equals(begin)) {
      return "it begins at " + begin + " and would be the segment of " + segment.begin(segmentSize);
    }
    return timeline > segment.timeline() ? "it was written on the timeline " + timeline : "";
  }
}
