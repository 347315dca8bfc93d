package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.Digests;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * The index of a snapshot: sequence and checksum of each message that the stream still had after
 * the snapshot was made. Every one of them existed all the while, so that a snapshot without it is
 * damaged. What was removed meanwhile may be in the snapshot or not.
 */
final class ContentsIndex {

  private static final int FORM = 0x50434931;
  private static final long END = 0;

  private ContentsIndex() {}

  private static long checksum(StreamMessage message, MessageDigest digest) {
    message.addTo(digest);
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  /** Writes an index. Used by one thread. */
  static final class Writer {

    private final MessageDigest digest = Digests.sha256();
    private final DataOutputStream out;

    Writer(OutputStream out) throws IOException {
      this.out = new DataOutputStream(new BufferedOutputStream(out, 64 * 1024));
      this.out.writeInt(FORM);
    }

    void add(StreamMessage message) throws IOException {
      out.writeLong(message.sequence());
      out.writeLong(checksum(message, digest));
    }

    /** Ends the index; the caller closes the stream below it. */
    void end() throws IOException {
      out.writeLong(END);
      out.flush();
    }
  }

  /** Compares a restored stream with an index. Used by one thread. */
  static final class Comparison {

    private final MessageDigest digest = Digests.sha256();
    private final DataInputStream index;
    private long expected;
    private long checksum;
    private long missing;
    private long changed;
    private long first;

    Comparison(InputStream index) throws IOException {
      this.index = new DataInputStream(new BufferedInputStream(index, 64 * 1024));
      if (this.index.readInt() != FORM) {
        throw new IOException("the index of the snapshot is none that this version reads");
      }
      next();
    }

    /** Takes a message of the stream, in order. */
    void add(StreamMessage message) throws IOException {
      while (expected != END && expected < message.sequence()) {
        miss();
      }
      if (expected == message.sequence()) {
        if (checksum(message, digest) != checksum) {
          changed++;
          note();
        }
        next();
      }
    }

    /** Ends the comparison at the end of the stream. */
    void end() throws IOException {
      while (expected != END) {
        miss();
      }
      if (index.read() >= 0) {
        throw new IOException("the index of the snapshot goes on beyond its end");
      }
    }

    private void miss() throws IOException {
      missing++;
      note();
      next();
    }

    private void note() {
      if (first == 0) {
        first = expected;
      }
    }

    private void next() throws IOException {
      expected = index.readLong();
      if (expected != END) {
        checksum = index.readLong();
      }
    }

    /** Returns the differences as a clause; empty when there are none. */
    String differences() {
      return missing + changed == 0
          ? ""
          : missing
              + " messages are missing and "
              + changed
              + " are changed, the first at sequence "
              + first;
    }
  }
}
