package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.TransientPersistenceException;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.support.JsonValue;
import io.nats.client.support.JsonValueUtils;
import io.nats.client.support.Status;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A snapshot that the server sends in chunks.
 *
 * <p>Each chunk is answered on its reply subject after it was written, so that the server sends no
 * more than its window ahead; it ends a snapshot with status 408 when no answer comes for 5 s. An
 * empty message ends the snapshot. Servers before 2.11 end a snapshot that failed in the same way:
 * only its content tells.
 */
final class StreamSnapshot implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(StreamSnapshot.class);
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
  private boolean received;

  private StreamSnapshot(String what, Connection connection, Subscription chunks, JsonValue begun) {
    this.what = what;
    this.connection = connection;
    this.chunks = chunks;
    this.begun = begun;
  }

  /**
   * Lets the server begin.
   *
   * @param consumers whether the stream's durable consumers are part of the snapshot
   */
  static StreamSnapshot begin(StreamApi api, String stream, boolean consumers) {
    String what = "make a snapshot of stream " + stream;
    Connection connection = api.connection();
    try {
      String inbox = connection.createInbox();
      Subscription chunks = connection.subscribe(inbox);
      try {
        chunks.setPendingLimits(-1, -1);
        long chunk = Math.min(CHUNK, connection.getMaxPayload() / 2);
        String request =
            ("{\"deliver_subject\":\"%s\",\"no_consumers\":%b,\"chunk_size\":%d,"
                    + "\"window_size\":%d,\"jsck\":false}")
                .formatted(inbox, !consumers, chunk, WINDOW);
        JsonValue begun = api.ask(what, "SNAPSHOT." + stream, request);
        return new StreamSnapshot(what, connection, chunks, begun);
      } catch (RuntimeException | Error e) {
        release(connection, chunks);
        throw e;
      }
    } catch (IllegalStateException e) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost", e);
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

  /** Returns whether the snapshot was received to its end. */
  boolean isReceived() {
    return received;
  }

  /** Receives the snapshot. */
  void receive(OutputStream out) throws IOException {
    long number = 0;
    try {
      while (!received) {
        Message message = chunks.nextMessage(SILENCE);
        if (message == null) {
          throw NatsFailures.unreachable(
              what,
              connection.getStatus() == Connection.Status.CONNECTED
                  ? "no chunk came for " + SILENCE.toSeconds() + " s after chunk " + number
                  : "the connection to NATS was lost after chunk " + number);
        }
        if (message.isStatusMessage()) {
          requireEnd(message.getStatus(), number);
          received = true;
          return;
        }
        byte[] chunk = Objects.requireNonNullElse(message.getData(), Entries.NO_VALUE);
        if (chunk.length == 0) {
          received = true;
          return;
        }
        number++;
        String reply = message.getReplyTo();
        if (reply != null) {
          requireNumber(reply, number);
        }
        out.write(chunk);
        if (reply != null) {
          connection.publish(reply, Entries.NO_VALUE);
        }
      }
    } catch (IllegalStateException e) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what, "interrupted", e);
    }
  }

  private void requireEnd(Status status, long number) {
    if (status.getCode() == ENDED) {
      return;
    }
    String why = "the server ended it after chunk " + number + ", " + status.getMessageWithCode();
    TransientPersistenceException ended =
        status.getCode() == STALLED
            ? NatsFailures.late(what, why + ": no chunk was stored for 5 s; begin again")
            : NatsFailures.unavailable(what, why);
    throw ended;
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
