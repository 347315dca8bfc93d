package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.support.JsonValue;
import io.nats.client.support.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chunks of a snapshot, as the server sends them. Each is answered on its reply subject once it
 * was taken. An empty message ends the snapshot. Servers before 2.11 end one that failed in the
 * same way: only the content tells.
 */
final class SnapshotChunks implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(SnapshotChunks.class);
  private static final int CHUNK = 128 * 1024;
  private static final int WINDOW = 8 * 1024 * 1024;
  private static final int ENDED = 204;
  private static final int STALLED = 408;

  /** How long the server may take for a chunk. */
  private static final Duration SILENCE = Duration.ofSeconds(30);

  private final String what;
  private final Connection connection;
  private final Subscription chunks;
  private final JsonValue begun;

  private SnapshotChunks(String what, Connection connection, Subscription chunks, JsonValue begun) {
    this.what = what;
    this.connection = connection;
    this.chunks = chunks;
    this.begun = begun;
  }

  /** Lets the server begin. */
  static SnapshotChunks begin(StreamApi api, String what, String stream, boolean consumers) {
    Connection connection = api.connection();
    try {
      String inbox = connection.createInbox();
      Subscription chunks = connection.subscribe(inbox);
      try {
        chunks.setPendingLimits(-1, -1);
        String request =
            "{\"deliver_subject\":\"%s\",\"no_consumers\":%b,\"chunk_size\":%d,\"window_size\":%d}"
                .formatted(
                    inbox, !consumers, Math.min(CHUNK, connection.getMaxPayload() / 2), WINDOW);
        JsonValue begun = api.ask(what, "SNAPSHOT." + stream, request);
        return new SnapshotChunks(what, connection, chunks, begun);
      } catch (RuntimeException | Error e) {
        release(connection, chunks);
        throw e;
      }
    } catch (IllegalStateException e) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost", e);
    }
  }

  /** Returns the server's answer: the stream's configuration and state. */
  JsonValue begun() {
    return begun;
  }

  /** Receives the snapshot to its end, and answers each chunk when {@code each} has taken it. */
  void receive(Consumer<byte[]> each) {
    try {
      long number = 0;
      Message message = next(number);
      while (!isEnd(message, number)) {
        number++;
        byte[] chunk = message.getData();
        String reply = message.getReplyTo();
        if (reply != null) {
          requireNumber(reply, number);
        }
        each.accept(chunk);
        if (reply != null) {
          connection.publish(reply, Entries.NO_VALUE);
        }
        message = next(number);
      }
    } catch (IllegalStateException e) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what, "interrupted", e);
    }
  }

  private Message next(long number) throws InterruptedException {
    Message message = chunks.nextMessage(SILENCE);
    if (message == null) {
      throw NatsFailures.unreachable(
          what,
          connection.getStatus() == Connection.Status.CONNECTED
              ? "no chunk came for " + SILENCE.toSeconds() + " s after chunk " + number
              : "the connection to NATS was lost after chunk " + number);
    }
    return message;
  }

  private boolean isEnd(Message message, long number) {
    if (message.isStatusMessage()) {
      Status status = message.getStatus();
      if (status.getCode() != ENDED) {
        throw ended(status, number);
      }
      return true;
    }
    return Objects.requireNonNullElse(message.getData(), Entries.NO_VALUE).length == 0;
  }

  private PersistenceException ended(Status status, long number) {
    String why = "the server ended it after chunk " + number + ", " + status.getMessageWithCode();
    return status.getCode() == STALLED
        ? NatsFailures.late(what, why + ": no chunk was written for 5 s; begin again")
        : NatsFailures.unavailable(what, why);
  }

  /** The server numbers the chunks: the number is the last token of the reply subject. */
  private void requireNumber(String reply, long number) {
    String last = reply.substring(reply.lastIndexOf('.') + 1);
    if (last.matches("[0-9]{1,18}") && Long.parseLong(last) != number) {
      throw NatsFailures.unreachable(
          what, "chunk " + number + " was lost on its way, " + last + " came; begin again");
    }
  }

  @Override
  public void close() {
    release(connection, chunks);
  }

  private static void release(Connection connection, Subscription chunks) {
    try {
      chunks.unsubscribe();
    } catch (IllegalStateException e) {
      log.trace("The subscription went with its connection, {}", connection.getStatus(), e);
    }
  }
}
