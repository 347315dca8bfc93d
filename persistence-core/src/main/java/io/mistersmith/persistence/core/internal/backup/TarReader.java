package io.mistersmith.persistence.core.internal.backup;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Reads a tar archive as PostgreSQL writes it: files and directories with names of up to 99 bytes,
 * and links to tablespaces. Fails at an archive that was cut off or damaged. Used by one thread.
 */
final class TarReader {

  private static final int BLOCK = 512;
  private static final int NAME_LENGTH = 100;
  private static final int SIZE_AT = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int CHECKSUM_AT = 148;
  private static final int CHECKSUM_LENGTH = 8;
  private static final int TYPE_AT = 156;
  private static final int PREFIX_AT = 345;
  private static final int PREFIX_LENGTH = 155;
  private static final int BASE_256 = 0x80;

  private final InputStream in;
  private long left;
  private long padding;

  TarReader(InputStream in) {
    this.in = in;
  }

  /** What an entry is. */
  enum Type {
    FILE,
    DIRECTORY,
    LINK
  }

  /**
   * An entry of the archive.
   *
   * @param name its path, without a slash at either end
   * @param size how many bytes a file has
   */
  record Entry(String name, Type type, long size) {}

  /** Goes to the next entry; empty at the end of the archive. */
  Optional<Entry> next() throws IOException {
    in.skipNBytes(left + padding);
    left = 0;
    padding = 0;
    byte[] header = block();
    if (isZero(header)) {
      if (!isZero(block())) {
        throw new IOException("the archive goes on after its end");
      }
      in.transferTo(OutputStream.nullOutputStream());
      return Optional.empty();
    }
    requireChecksum(header);
    Entry entry = entry(header);
    left = entry.size();
    padding = (BLOCK - left % BLOCK) % BLOCK;
    return Optional.of(entry);
  }

  private byte[] block() throws IOException {
    byte[] block = in.readNBytes(BLOCK);
    if (block.length < BLOCK) {
      throw new EOFException("the archive was cut off");
    }
    return block;
  }

  private static boolean isZero(byte[] block) {
    for (byte one : block) {
      if (one != 0) {
        return false;
      }
    }
    return true;
  }

  /** The sum of all bytes, those of the sum itself taken as blanks. */
  private static void requireChecksum(byte[] header) throws IOException {
    long sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean isSum = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_LENGTH;
      sum += isSum ? ' ' : header[i] & 0xFF;
    }
    if (sum != number(header, CHECKSUM_AT, CHECKSUM_LENGTH)) {
      throw new IOException("the archive is damaged: an entry's header has another checksum");
    }
  }

  private static Entry entry(byte[] header) throws IOException {
    String prefix = text(header, PREFIX_AT, PREFIX_LENGTH);
    String path = text(header, 0, NAME_LENGTH);
    String name = (prefix.isEmpty() ? path : prefix + "/" + path).replaceAll("^\\./|/+$", "");
    return switch (header[TYPE_AT]) {
      case '0', 0 -> new Entry(name, Type.FILE, number(header, SIZE_AT, SIZE_LENGTH));
      case '5' -> new Entry(name, Type.DIRECTORY, 0);
      case '2' -> new Entry(name, Type.LINK, 0);
      default ->
          throw new IOException(
              "the archive has an entry of the type "
                  + (char) header[TYPE_AT]
                  + ", which PostgreSQL does not write: "
                  + name);
    };
  }

  private static String text(byte[] header, int from, int length) {
    int end = from;
    while (end < from + length && header[end] != 0) {
      end++;
    }
    return new String(header, from, end - from, StandardCharsets.UTF_8);
  }

  /** Reads octal digits, or the bytes of a number that is too large for them. */
  private static long number(byte[] header, int from, int length) throws IOException {
    long value = 0;
    if ((header[from] & BASE_256) != 0) {
      for (int i = from + 1; i < from + length; i++) {
        value = (value << 8) | (header[i] & 0xFF);
      }
    } else {
      String digits = text(header, from, length).strip();
      if (!digits.matches("[0-7]{1,12}")) {
        throw new IOException("the archive is damaged: a header has no number where one belongs");
      }
      value = Long.parseLong(digits, 8);
    }
    if (value < 0) {
      throw new IOException("the archive is damaged: an entry has a negative size");
    }
    return value;
  }

  /** Returns the content of the entry; it is not to be closed. */
  InputStream content() {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        int read = read(one, 0, 1);
        return read < 0 ? read : one[0] & 0xFF;
      }

      @Override
      public int read(byte[] bytes, int from, int length) throws IOException {
        if (left == 0) {
          return -1;
        }
        int read = in.read(bytes, from, (int) Math.min(length, left));
        if (read < 0) {
          throw new EOFException("the archive was cut off");
        }
        left -= read;
        return read;
      }
    };
  }
}
