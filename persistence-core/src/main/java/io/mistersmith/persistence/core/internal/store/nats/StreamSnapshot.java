package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot of a stream, in a temporary file that goes with it.
 *
 * <p>It is not sent on as it comes: the server ends a snapshot when a chunk is not answered for 5
 * s, or, before 2.11, sends on whatever is answered. A target may be slower than either allows.
 */
final class StreamSnapshot implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(StreamSnapshot.class);

  private final JsonValue begun;
  private final Path file;
  private boolean copied;

  private StreamSnapshot(JsonValue begun, Path file) {
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
    try {
      // Only its owner can read it.
      Path file = Files.createTempFile("persistence-snapshot-", ".part");
      try (SnapshotChunks chunks = SnapshotChunks.begin(api, what, stream, consumers);
          OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
        chunks.receive(out);
        return new StreamSnapshot(chunks.begun(), file);
      } catch (IOException | RuntimeException | Error e) {
        delete(file);
        throw e;
      }
    } catch (IOException e) {
      throw new TransientPersistenceException(
          DataError.UNAVAILABLE,
          what + ": its temporary file cannot be written; make room where java.io.tmpdir is",
          e);
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
    long unused = Files.copy(file, out);
    copied = true;
  }

  /** Returns whether the snapshot was copied. */
  boolean isCopied() {
    return copied;
  }

  @Override
  public void close() {
    delete(file);
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      log.warn("The temporary file {} could not be deleted: {}", file, e.getMessage());
    }
  }
}
