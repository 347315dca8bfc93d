package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * A snapshot of a stream, in a temporary file that goes with it.
 *
 * <p>It is not sent on as it comes: the server ends a snapshot when a chunk is not answered for 5
 * s, or, before 2.11, sends on whatever is answered. A target may be slower than either allows.
 */
final class StreamSnapshot implements AutoCloseable {

  private final JsonValue begun;
  private final TemporaryFile file;
  private boolean copied;

  private StreamSnapshot(JsonValue begun, TemporaryFile file) {
    this.begun = begun;
    this.file = file;
  }

  /**
   * Makes a snapshot.
   *
   * @param consumers whether the stream's durable consumers are part of it
   */
  static StreamSnapshot take(StreamApi api, String stream, boolean consumers) {
    String what = "make a snapshot of stream " + stream;
    TemporaryFile file = TemporaryFile.create(what);
    try (SnapshotChunks chunks = SnapshotChunks.begin(api, what, stream, consumers)) {
      chunks.receive(chunk -> file.write(chunk, chunk.length));
      return new StreamSnapshot(chunks.begun(), file);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /** Returns the stream's configuration as the server printed it. */
  JsonValue config() {
    return JsonValueUtils.readValue(begun, "config");
  }

  /** Returns the stream's state when the snapshot began, as the server printed it. */
  JsonValue state() {
    return JsonValueUtils.readValue(begun, "state");
  }

  /** Copies the snapshot. */
  void copyTo(OutputStream out) throws IOException {
    try (InputStream in = file.open()) {
      long unused = in.transferTo(out);
    }
    copied = true;
  }

  /** Returns whether the snapshot was copied. */
  boolean isCopied() {
    return copied;
  }

  @Override
  public void close() {
    file.close();
  }
}
