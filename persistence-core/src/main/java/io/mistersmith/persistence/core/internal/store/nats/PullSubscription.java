package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.impl.Headers;
import io.nats.client.support.Status;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Pulls a consumer's messages, some ahead of its reader.
 *
 * <p>Only one pull request at a time is at the server, so that its remaining messages and bytes are
 * known exactly. The next one is sent when it is used up and the reader has taken half of the
 * messages. So while the reader works on one half the next batch is on its way, and no more than
 * one and a half batches are held here. Without acknowledgements the server counts a message as
 * delivered when it sends it: one that is lost on its way shows as a gap in the consumer's
 * sequence, and the reader starts over. While a request waits the server sends heartbeats; when
 * they stop, the consumer, its stream or its server is gone.
 *
 * <p>The server does not always say that a request is used up: not when its bytes come out even, so
 * they are counted here as they are there. And what it says of one whose messages were used up
 * comes after the last of them, when the next request may be at the server: so each has a reply
 * subject of its own.
 */
final class PullSubscription implements AutoCloseable {

  private static final int BATCH = 2_000;
  private static final long BATCH_BYTES = 2L * 1024 * 1024;
  private static final Duration EXPIRES = Duration.ofSeconds(30);
  private static final Duration HEARTBEAT = Duration.ofMillis(500);

  /** How long the server waits for messages that it has counted but that were removed meanwhile. */
  private static final Duration END_EXPIRES = Duration.ofMillis(250);

  private static final long SILENCE_NANOS = HEARTBEAT.multipliedBy(6).toNanos();
  private static final String LAST_OF_CONSUMER = "Nats-Last-Consumer";
  private static final String LAST_OF_STREAM = "Nats-Last-Stream";
  private static final int HEARTBEAT_STATUS = 100;
  private static final int NO_MESSAGES_STATUS = 404;
  private static final int EXPIRED_STATUS = 408;
  private static final int CONFLICT_STATUS = 409;
  private static final int NO_RESPONDERS_STATUS = 503;

  /** How long another server of a cluster may take to learn of a new consumer, and the pause. */
  private static final long UNKNOWN_NANOS = Duration.ofSeconds(2).toNanos();

  private static final Duration UNKNOWN_PAUSE = Duration.ofMillis(5);

  private final JournalConsumer consumer;
  private final String what;
  private final int batch;
  private final long batchBytes;
  private final String inbox;
  private final Subscription answers;
  private final byte[] request;
  private final boolean toEnd;
  private final long openedAt = System.nanoTime();
  private final ArrayDeque<Message> here = new ArrayDeque<>();
  private long bytesHere;
  private long pulls;
  private String pull = "";
  private int leftOfPull;
  private long bytesLeftOfPull;
  private boolean pulling;
  private long heardAt;
  private long consumerSequence;
  private long lookedThrough;
  private boolean ended;
  private boolean unknown;

  PullSubscription(JournalConsumer consumer) {
    this(consumer, BATCH, batchBytes(consumer), false);
  }

  /** Requests this number of messages, and of bytes, at a time. */
  PullSubscription(JournalConsumer consumer, int batch, long batchBytes) {
    this(consumer, batch, batchBytes, false);
  }

  /**
   * Pulls what the consumer has to deliver now, and then {@linkplain #next ends}. The server says
   * when that is: what the consumer counted before may never come.
   */
  static PullSubscription toEnd(JournalConsumer consumer) {
    return new PullSubscription(consumer, BATCH, batchBytes(consumer), true);
  }

  /** A single message must fit. */
  private static long batchBytes(JournalConsumer consumer) {
    return Math.max(BATCH_BYTES, consumer.connection().getMaxPayload() + 64 * 1024);
  }

  private PullSubscription(JournalConsumer consumer, int batch, long batchBytes, boolean toEnd) {
    this.consumer = consumer;
    this.toEnd = toEnd;
    this.ended = toEnd && consumer.pending() == 0;
    this.batch = batch;
    this.batchBytes = batchBytes;
    this.what = "read the journal of bucket " + consumer.stream().bucket();
    Connection connection = consumer.connection();
    this.inbox = connection.createInbox();
    this.request =
        (toEnd
                ? "{\"batch\":%d,\"max_bytes\":%d,\"expires\":%d,\"no_wait\":true}"
                    .formatted(batch, batchBytes, END_EXPIRES.toNanos())
                : "{\"batch\":%d,\"max_bytes\":%d,\"expires\":%d,\"idle_heartbeat\":%d}"
                    .formatted(batch, batchBytes, EXPIRES.toNanos(), HEARTBEAT.toNanos()))
            .getBytes(StandardCharsets.UTF_8);
    try {
      this.answers = connection.subscribe(inbox + ".*");
      answers.setPendingLimits(-1, -1);
      pullIfLow();
    } catch (IllegalStateException e) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost", e);
    }
  }

  /**
   * The next message, or null when none came in {@code wait}, or at the end; zero takes what is
   * here.
   */
  @Nullable Message next(Duration wait) {
    long deadline = System.nanoTime() + wait.toNanos();
    try {
      drain();
      while (here.isEmpty()) {
        long left = deadline - System.nanoTime();
        if (left <= 0 || ended) {
          requireLife();
          return null;
        }
        Message message =
            answers.nextMessage(
                Duration.ofNanos(Math.min(left, (unknown ? UNKNOWN_PAUSE : HEARTBEAT).toNanos())));
        if (message != null) {
          take(message);
          drain();
        } else {
          requireLife();
          pullIfLow();
        }
      }
      Message message = here.remove();
      bytesHere -= message.consumeByteCount();
      pullIfLow();
      return message;
    } catch (IllegalStateException e) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what, "interrupted", e);
    }
  }

  /** Fails as transient unless the server has said that no more messages come. */
  void requireEnd() {
    if (!ended) {
      throw NatsFailures.unreachable(
          what, "the server did not say in time whether more messages follow");
    }
  }

  /** Takes whatever has arrived, without waiting. */
  private void drain() throws InterruptedException {
    Message message = answers.nextMessage((Duration) null);
    while (message != null) {
      take(message);
      message = answers.nextMessage((Duration) null);
    }
    pullIfLow();
  }

  private void take(Message message) {
    heardAt = System.nanoTime();
    if (message.isStatusMessage()) {
      if (message.getSubject().equals(pull)) {
        status(message.getStatus(), message.getHeaders());
      }
      return;
    }
    if (message.metaData().consumerSequence() != ++consumerSequence) {
      throw NatsFailures.unreachable(
          what,
          "message "
              + consumerSequence
              + " of the reader was lost on its way, "
              + message.metaData().consumerSequence()
              + " came; open another reader");
    }
    here.add(message);
    bytesHere += message.consumeByteCount();
    bytesLeftOfPull -=
        message.consumeByteCount() - HeaderBlock.longerThanSent(message.getHeaders());
    leftOfPull--;
    if (leftOfPull == 0 || bytesLeftOfPull == 0) {
      pulling = false;
    }
    ended = toEnd && message.metaData().pendingCount() == 0;
  }

  private void status(Status status, @Nullable Headers headers) {
    if (status.getCode() == HEARTBEAT_STATUS) {
      heartbeat(headers);
      return;
    }
    unknown =
        status.getCode() == NO_RESPONDERS_STATUS
            && consumerSequence == 0
            && System.nanoTime() - openedAt < UNKNOWN_NANOS;
    if (toEnd && (status.getCode() == NO_MESSAGES_STATUS || status.getCode() == EXPIRED_STATUS)) {
      ended = true;
    }
    boolean pullEnded =
        ended
            || unknown
            || status.getCode() == EXPIRED_STATUS
            || (status.getCode() == CONFLICT_STATUS
                && (status.getMessage().startsWith("Message Size Exceeds")
                    || status.getMessage().startsWith("Batch Completed")));
    if (!pullEnded) {
      throw NatsFailures.unreachable(
          what, "the server ended the reader (" + status.getMessageWithCode() + ")");
    }
    pulling = false;
  }

  /**
   * A heartbeat says how many messages the consumer has sent and how far it has looked for them.
   * The server looks on after each heartbeat, so this one says what was true of the one before.
   */
  private void heartbeat(@Nullable Headers headers) {
    if (number(headers, LAST_OF_CONSUMER) == consumerSequence) {
      lookedThrough = Math.max(lookedThrough, number(headers, LAST_OF_STREAM));
    }
  }

  private static long number(@Nullable Headers headers, String name) {
    String text = headers == null ? null : headers.getFirst(name);
    try {
      return text == null ? -1 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1; // of a server that writes something else there
    }
  }

  /**
   * Returns the sequence up to which the consumer has nothing left to deliver, if all delivered
   * messages were taken from here; 0 otherwise.
   */
  long lookedThrough() {
    return here.isEmpty() ? lookedThrough : 0;
  }

  /** Whether messages of all shards come although some were asked for. */
  boolean readsAllShards() {
    return consumer.allShards();
  }

  private void pullIfLow() {
    if (unknown && System.nanoTime() - heardAt < UNKNOWN_PAUSE.toNanos()) {
      return;
    }
    if (!pulling && !ended && here.size() <= batch / 2 && bytesHere <= batchBytes / 2) {
      pull = inbox + "." + ++pulls;
      consumer.connection().publish(consumer.pullSubject(), pull, request);
      leftOfPull = batch;
      bytesLeftOfPull = batchBytes;
      pulling = true;
      unknown = false;
      heardAt = System.nanoTime();
    }
  }

  private void requireLife() {
    if (consumer.connection().getStatus() != Connection.Status.CONNECTED) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost");
    }
    if (pulling && !toEnd && System.nanoTime() - heardAt > SILENCE_NANOS) {
      throw NatsFailures.unreachable(
          what,
          "no heartbeat for 3 s: the consumer, its stream or its server is gone; open another"
              + " reader");
    }
  }

  @Override
  public void close() {
    try {
      answers.unsubscribe();
      consumer.delete();
    } catch (IllegalStateException | PersistenceException e) {
      here.clear(); // the connection is gone, and with it the subscription
    }
  }
}
