package io.mistersmith.persistence.core.internal.store.nats;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Optional;

/**
 * A file of messages, in order: for each its sequence, its time in seconds and nanoseconds, and
 * subject, headers and data after their lengths; at the end a sequence of 0.
 */
final class MessageFile {

  private static final int FORM = 0x504d4631;
  private static final int LONGEST = 128 * 1024 * 1024;

  private MessageFile() {}

  /** Writes a file. Used by one thread. */
  static final class Writer {

    private final DataOutputStream out;

    Writer(OutputStream out) throws IOException {
      this.out = new DataOutputStream(new BufferedOutputStream(out, 64 * 1024));
      this.out.writeInt(FORM);
    }

    void add(StreamMessage message) throws IOException {
      Instant time = message.time();
      out.writeLong(message.sequence());
      out.writeLong(time.getEpochSecond());
      out.writeInt(time.getNano());
      part(message.subject().getBytes(UTF_8));
      part(message.headers());
      part(message.data());
    }

    private void part(byte[] bytes) throws IOException {
      out.writeInt(bytes.length);
      out.write(bytes);
    }

    /** Ends the file; the caller closes the stream below it. */
    void end() throws IOException {
      out.writeLong(0);
      out.flush();
    }
  }

  /** Reads a file. Used by one thread. */
  static final class Reader {

    private final DataInputStream in;

    Reader(InputStream in) throws IOException {
      this.in = new DataInputStream(new BufferedInputStream(in, 64 * 1024));
      if (this.in.readInt() != FORM) {
        throw new IOException("the file of messages is none that this version reads");
      }
    }

    /** Returns the next message; empty at the end, which is read to the last byte. */
    Optional<StreamMessage> next() throws IOException {
      long sequence = in.readLong();
      if (sequence == 0) {
        if (in.read() >= 0) {
          throw new IOException("the file of messages goes on beyond its end");
        }
        return Optional.empty();
      }
      Instant time = Instant.ofEpochSecond(in.readLong(), in.readInt());
      return Optional.of(
          new StreamMessage(sequence, time, new String(part(), UTF_8), part(), part()));
    }

    private byte[] part() throws IOException {
      int length = in.readInt();
      if (length < 0 || length > LONGEST) {
        throw new IOException("a part of a message has a length of " + length);
      }
      byte[] bytes = new byte[length];
      in.readFully(bytes);
      return bytes;
    }
  }
}
