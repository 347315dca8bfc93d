package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.backup.BackupManifest.StreamPart;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/**
 * Sends a snapshot back to the server, which makes the stream of it when it has come to its end.
 * The server drops what came of it when nothing follows for 5 s, which a target can take: so the
 * snapshot is copied to a temporary file before.
 */
record StreamRestore(StreamApi api, String stream) {

  private static final int CHUNK = 64 * 1024;

  /** How many chunks are on their way; the server takes them in their order. */
  private static final int SENT_AHEAD = 16;

  /** A server older than the one that the snapshot comes from. */
  private static final int NOT_RESTORED = 10062;

  private static final int NAME_IN_USE = 10058;
  private static final int EXISTS = 10130;

  /** How long the server may take to make the stream of what came. */
  private static final Duration MAKING = Duration.ofMinutes(30);

  /**
   * Restores the stream.
   *
   * @param config its configuration
   * @param snapshot is read to its end, and so checked, before the server hears of it
   * @throws IOException when the snapshot cannot be read; then there is no stream
   */
  void run(StreamPart part, String config, InputStream snapshot) throws IOException {
    String what = "restore stream " + stream;
    try (TemporaryFile file = TemporaryFile.create(what)) {
      file.fill(snapshot);
      try (InputStream content = file.open()) {
        send(what, part, config, content);
      }
    }
  }

  private void send(String what, StreamPart part, String config, InputStream snapshot)
      throws IOException {
    JsonValue begun;
    try {
      begun =
          api.ask(
              what,
              "RESTORE." + stream,
              "{\"config\":" + config + ",\"state\":" + part.state() + "}");
    } catch (PersistenceException e) {
      throw explain(what, e);
    }
    String subject = JsonValueUtils.readString(begun, "deliver_subject", "");
    if (subject.isEmpty()) {
      throw NatsFailures.unavailable(what, "the server did not say where to send the snapshot");
    }
    int size = (int) Math.min(CHUNK, api.connection().getMaxPayload());
    Deque<CompletableFuture<Message>> sent = new ArrayDeque<>();
    byte[] chunk = snapshot.readNBytes(size);
    while (chunk.length > 0) {
      if (sent.size() == SENT_AHEAD) {
        requireTaken(what, api.await(what, sent.remove(), StreamApi.BRIEF));
      }
      sent.add(api.request(what, subject, null, chunk, StreamApi.BRIEF));
      chunk = snapshot.readNBytes(size);
    }
    while (!sent.isEmpty()) {
      requireTaken(what, api.await(what, sent.remove(), StreamApi.BRIEF));
    }
    try {
      var unused = api.parse(what, api.send(what, subject, null, Entries.NO_VALUE, MAKING));
    } catch (PersistenceException e) {
      throw explain(what, e);
    }
  }

  /** The server answers a chunk that it took with nothing. */
  private static void requireTaken(String what, Message answer) {
    byte[] data = Objects.requireNonNullElse(answer.getData(), Entries.NO_VALUE);
    String said = new String(data, StandardCharsets.UTF_8);
    if (said.startsWith("-ERR") || said.contains("\"error\"")) {
      throw NatsFailures.unavailable(what, "the server did not take a chunk: " + said);
    }
  }

  private PersistenceException explain(String what, PersistenceException e) {
    if (e.getCause() instanceof JetStreamApiException refused) {
      if (refused.getApiErrorCode() == NAME_IN_USE || refused.getApiErrorCode() == EXISTS) {
        return exists(stream);
      }
      if (refused.getApiErrorCode() == NOT_RESTORED) {
        return new NonTransientPersistenceException(
            DataError.MISCONFIGURED,
            what
                + ": nats-server "
                + api.connection().getServerInfo().getVersion()
                + " cannot read the snapshot ("
                + refused.getErrorDescription()
                + "); restore into a server that is not older than the one that was saved",
            refused);
      }
    }
    return e;
  }

  /** The refusal of a stream that exists. */
  static NonTransientPersistenceException exists(String stream) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY,
        "restore stream "
            + stream
            + ": it exists, and a stream is restored only where there is none; stop the runtimes"
            + " and delete it (nats stream rm "
            + stream
            + "), or restore into another server");
  }
}
