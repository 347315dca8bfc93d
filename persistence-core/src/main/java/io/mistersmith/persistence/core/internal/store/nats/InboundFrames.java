package io.mistersmith.persistence.core.internal.store.nats;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Passes on the bytes that a server sends, and replaces every header block that jnats could not
 * read by one that it can.
 *
 * <p>jnats' reader thread ends at such a block, and with it the whole connection: every call and
 * every subscription of the process goes deaf until a ping is missed, and the next connection meets
 * the same message again. The server stores and delivers these blocks without looking at them, so
 * that one publisher could stop every reader.
 *
 * <p>Passes bytes on as they arrive, without a copy. Only the bytes after the last complete line or
 * header block wait for their rest. Used by one thread.
 */
final class InboundFrames {

  /** Reads at least one byte, or returns -1 at the end. */
  interface Source {
    int read(byte[] into, int offset, int length) throws IOException;
  }

  private static final int MORE = 64 * 1024;
  private static final int LONGEST_LINE = 1024 * 1024;

  private final Source source;
  private final ByteArrayOutputStream ready = new ByteArrayOutputStream();
  private byte[] handedOut = {};
  private int handedOutTo;
  private byte[] held = {};
  private int heldLength;
  private long payloadLeft;

  InboundFrames(Source source) {
    this.source = source;
  }

  int read(byte[] into, int offset, int length) throws IOException {
    while (true) {
      if (handedOutTo < handedOut.length) {
        int now = Math.min(length, handedOut.length - handedOutTo);
        System.arraycopy(handedOut, handedOutTo, into, offset, now);
        handedOutTo += now;
        return now;
      }
      int passed = 0;
      if (heldLength == 0) {
        int read = source.read(into, offset, length);
        if (read <= 0) {
          return read;
        }
        passed = pass(into, offset, offset + read);
        hold(into, offset + passed, read - passed);
      } else {
        hold(heldLength + MORE);
        int read = source.read(held, heldLength, held.length - heldLength);
        if (read <= 0) {
          return read;
        }
        heldLength += read;
      }
      if (heldLength > 0) {
        release();
      }
      if (passed > 0) {
        return passed;
      }
    }
  }

  /**
   * Returns the number of bytes that can be passed on unchanged: those before an unreadable or
   * incomplete part.
   */
  private int pass(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      if (payloadLeft > 0) {
        int now = (int) Math.min(payloadLeft, to - at);
        payloadLeft -= now;
        at += now;
        continue;
      }
      int end = endOfLine(bytes, at, to);
      if (end < 0) {
        break;
      }
      long payload;
      int next = end;
      if (startsWith(bytes, at, end, 'M')) {
        payload = MessageLine.number(bytes, at, end, 0) + 2L;
      } else if (startsWith(bytes, at, end, 'H')) {
        int header = MessageLine.number(bytes, at, end, 1);
        next = end + header;
        if (next > to
            || !HeaderBlock.isReadable(bytes, end, next, MessageLine.isStored(bytes, at, end))) {
          break;
        }
        payload = MessageLine.number(bytes, at, end, 0) - header + 2L;
      } else {
        payload = 0;
      }
      at = next;
      payloadLeft = payload;
    }
    return at - from;
  }

  /** Moves what is complete from what is held to what is handed out next. */
  private void release() throws IOException {
    int at = 0;
    while (true) {
      int passed = pass(held, at, heldLength);
      ready.write(held, at, passed);
      at += passed;
      int end = at < heldLength ? endOfLine(held, at, heldLength) : -1;
      int header = end < 0 ? 0 : MessageLine.number(held, at, end, 1);
      if (end < 0 || end + header > heldLength) {
        requireLine(end, heldLength - at);
        break;
      }
      replace(at, end, header);
      at = end + header;
    }
    heldLength -= at;
    System.arraycopy(held, at, held, 0, heldLength);
    handedOut = ready.toByteArray();
    handedOutTo = 0;
    ready.reset();
  }

  private static void requireLine(int end, int length) throws IOException {
    if (end < 0 && length > LONGEST_LINE) {
      throw new IOException("the server sent " + length + " bytes without the end of a line");
    }
  }

  private void replace(int line, int end, int header) {
    byte[] block = HeaderBlock.replacement(Arrays.copyOfRange(held, end, end + header));
    int payload = MessageLine.number(held, line, end, 0) - header;
    String start =
        new String(
            held,
            line,
            MessageLine.startOfNumber(held, line, end, 1) - line,
            StandardCharsets.ISO_8859_1);
    ready.writeBytes(
        (start + block.length + " " + (block.length + payload) + "\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    ready.writeBytes(block);
    payloadLeft = payload + 2L;
  }

  private void hold(byte[] bytes, int from, int count) {
    hold(count);
    System.arraycopy(bytes, from, held, 0, count);
    heldLength = count;
  }

  private void hold(int capacity) {
    if (held.length < capacity) {
      held = Arrays.copyOf(held, Math.max(capacity, 2 * held.length));
    }
  }

  private static boolean startsWith(byte[] bytes, int from, int end, char upperCase) {
    return end - from > 4 && (bytes[from] & ~0x20) == upperCase;
  }

  /** Returns the index of the next line, or -1. */
  private static int endOfLine(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at++) {
      if (bytes[at] == '\n') {
        return at + 1;
      }
    }
    return -1;
  }
}
