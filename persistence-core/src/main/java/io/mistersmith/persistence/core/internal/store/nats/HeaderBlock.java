package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.impl.Headers;
import io.nats.client.support.IncomingHeadersProcessor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The header block of a message: whether jnats can read it, and what is put in place of one that it
 * cannot.
 *
 * <p>The server stores blocks as they are published. jnats refuses those with anything but
 * printable ASCII, without an end, colon or name, and takes one that carries a status for the
 * server's own word: a stored {@code 404} would make its key absent, and a stored {@code 204} the
 * rest of a batch. (2.9 stores a status; the newest servers leave it out.)
 */
final class HeaderBlock {

  /**
   * Holds how many bytes the replacement is longer, and the original block in base 64 unless that
   * was empty.
   */
  static final String UNREADABLE = "Persistence-Unreadable";

  private static final byte[] RESERVED = bytes(UNREADABLE);
  private static final byte[] VERSION = bytes("NATS/1.0");
  private static final byte[] VERSION_LINE = bytes("NATS/1.0\r\n");

  /** A block without headers. jnats refuses it, too, although nothing in it is unreadable. */
  private static final byte[] EMPTY = bytes("NATS/1.0\r\n\r\n");

  /** A header that the server adds to a stored message when it answers a direct get. */
  private static final byte[] OF_SERVER = bytes("Nats-");

  private static final byte[] TIME_STAMP = bytes("\nNats-Time-Stamp:");

  private HeaderBlock() {}

  /**
   * Whether jnats reads this block as what it is.
   *
   * @param stored whether the message is known to be a stored one, which has no status
   */
  static boolean isReadable(byte[] bytes, int from, int to, boolean stored) {
    return isPlain(bytes, from, to)
        || (isStatusOfServer(bytes, from, to, stored)
            && parse(Arrays.copyOfRange(bytes, from, to)).isPresent());
  }

  /** The headers of a stored block; empty where they cannot be read. */
  static Optional<Headers> read(byte[] block) {
    if (Arrays.equals(block, EMPTY)) {
      return Optional.of(new Headers());
    }
    return hasStatus(block, 0, block.length) ? Optional.empty() : parse(block);
  }

  /** A name that only {@link #replacement} gives is unreadable as well. */
  private static Optional<Headers> parse(byte[] block) {
    try {
      Headers headers = new IncomingHeadersProcessor(block).getHeaders();
      return headers != null && headers.containsKey(UNREADABLE)
          ? Optional.empty()
          : Optional.of(headers == null ? new Headers() : headers);
    } catch (RuntimeException unreadable) { // also of an index, where the block ends too early
      return Optional.empty();
    }
  }

  private static boolean isStatusOfServer(byte[] bytes, int from, int to, boolean stored) {
    return !hasStatus(bytes, from, to) || (!stored && find(TIME_STAMP, bytes, from, to) < 0);
  }

  private static boolean hasStatus(byte[] bytes, int from, int to) {
    return startsWith(VERSION, bytes, from, to)
        && to - from > VERSION.length
        && bytes[from + VERSION.length] == ' ';
  }

  /** The quick look at the usual block: a version, names and values of printable ASCII, an end. */
  private static boolean isPlain(byte[] bytes, int from, int to) {
    if (!startsWith(VERSION_LINE, bytes, from, to)) {
      return false;
    }
    int at = from + VERSION_LINE.length;
    int lines = 0;
    while (at < to && bytes[at] != '\r') {
      int end = endOfHeader(bytes, at, to);
      if (end < 0) {
        return false;
      }
      at = end;
      lines++;
    }
    return lines > 0 && at + 2 == to && bytes[at + 1] == '\n';
  }

  /** Returns the index of the line after this header, or -1 if this is not a plain header. */
  private static int endOfHeader(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] > ' ' && bytes[at] < 127 && bytes[at] != ':') {
      at++;
    }
    if (at == from || at >= to || bytes[at] != ':' || isReserved(bytes, from, at)) {
      return -1;
    }
    while (at < to && bytes[at] >= ' ' && bytes[at] < 127) {
      at++;
    }
    return at + 1 < to && bytes[at] == '\r' && bytes[at + 1] == '\n' ? at + 2 : -1;
  }

  private static boolean isReserved(byte[] bytes, int from, int to) {
    return to - from == RESERVED.length && startsWith(RESERVED, bytes, from, to);
  }

  /** A block that holds the unreadable one, and what the server added to that. */
  static byte[] replacement(byte[] original) {
    ByteArrayOutputStream block = new ByteArrayOutputStream(original.length * 3 / 2 + 256);
    block.writeBytes(VERSION_LINE);
    int line = 0;
    while (line < original.length) {
      int end =
          startsWith(OF_SERVER, original, line, original.length)
              ? endOfHeader(original, line, original.length)
              : -1;
      if (end > 0) {
        block.write(original, line, end - line);
      }
      int next = find(bytes("\n"), original, line, original.length);
      line = next < 0 ? original.length : next + 1;
    }
    boolean empty = Arrays.equals(original, EMPTY);
    String encoded = empty ? "" : " " + Base64.getEncoder().encodeToString(original);
    String end = encoded + "\r\n\r\n";
    int length = block.size() + UNREADABLE.length() + 10 + end.length();
    String longer = String.format(Locale.ROOT, "%08d", length - original.length);
    block.writeBytes(bytes(UNREADABLE + ": " + longer + end));
    return block.toByteArray();
  }

  /** The block in whose place these headers came; null where they are the message's own. */
  static byte @Nullable [] original(@Nullable Headers headers) {
    if (headers == null) {
      return null;
    }
    String text = headers.getLast(UNREADABLE);
    if (text == null || text.indexOf(' ') < 0) {
      return null;
    }
    try {
      return Base64.getDecoder().decode(text.substring(text.indexOf(' ') + 1));
    } catch (IllegalArgumentException foreign) { // a foreign header of this name
      return headers.getSerialized();
    }
  }

  /** Returns by how many bytes these headers are longer than those that the server sent. */
  static int longerThanSent(@Nullable Headers headers) {
    String text = headers == null ? null : headers.getLast(UNREADABLE);
    if (text == null) {
      return 0;
    }
    try {
      int end = text.indexOf(' ');
      return Integer.parseInt(text, 0, end < 0 ? text.length() : end, 10);
    } catch (NumberFormatException foreign) { // a foreign header of this name
      return 0;
    }
  }

  private static boolean startsWith(byte[] start, byte[] bytes, int from, int to) {
    return to - from >= start.length
        && Arrays.equals(bytes, from, from + start.length, start, 0, start.length);
  }

  private static int find(byte[] wanted, byte[] bytes, int from, int to) {
    for (int at = from; at <= to - wanted.length; at++) {
      if (startsWith(wanted, bytes, at, to)) {
        return at;
      }
    }
    return -1;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
