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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
 *
 * <p>Where messages are acknowledged nothing is pulled ahead: a request asks for what the reader
 * wants now, and the rest of it is the reader's as well.
 */
final class PullSubscription implements AutoCloseable {

  private static final int BATCH = 2_000;
  private static final long BATCH_BYTES = 2L * 1024 * 1024;
  private static final Duration EXPIRES = Duration.ofSeconds(30);
  private static final Duration HEARTBEAT = Duration.ofMillis(500);

  /** How long the server waits for messages that it has counted but that were removed meanwhile. */
  private static final Duration END_EXPIRES = Duration.ofMillis(250);

  /** How long the server may take to end the requests, and how often to look. */
  private static final Duration REST = Duration.ofSeconds(1);

  private static final Duration REST_LOOK = Duration.ofMillis(20);

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

  private final PulledConsumer consumer;
  private final String what;
  private final Mode mode;
  private final int batch;
  private final long batchBytes;
  private final Duration expires;
  private final String inbox;
  private final Subscription answers;
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
  private int wanted;

  private enum Mode {
    /** Pulls while half of a batch is here. */
    AHEAD,
    /** Pulls what there is now, and ends. */
    TO_END,
    /** Pulls what is wanted. */
    ON_DEMAND
  }

  PullSubscription(PulledConsumer consumer) {
    this(consumer, BATCH, batchBytes(consumer));
  }

  /** Requests this number of messages, and of bytes, at a time. */
  PullSubscription(PulledConsumer consumer, int batch, long batchBytes) {
    this(consumer, Mode.AHEAD, batch, batchBytes, EXPIRES);
  }

  /**
   * Pulls what the consumer has to deliver now, and then {@linkplain #next ends}. The server says
   * when that is: what the consumer counted before may never come.
   */
  static PullSubscription toEnd(PulledConsumer consumer) {
    return toEnd(consumer, BATCH);
  }

  /** {@link #toEnd(PulledConsumer)}, so many at a time. */
  static PullSubscription toEnd(PulledConsumer consumer, int batch) {
    return new PullSubscription(consumer, Mode.TO_END, batch, batchBytes(consumer), END_EXPIRES);
  }

  /**
   * Pulls only what {@link #some} wants.
   *
   * @param batchBytes how many bytes one request is for; at least one message fits
   * @param expires how long a request waits at the server, at least a second
   */
  static PullSubscription onDemand(PulledConsumer consumer, long batchBytes, Duration expires) {
    return new PullSubscription(
        consumer,
        Mode.ON_DEMAND,
        0,
        Math.max(batchBytes, consumer.connection().getMaxPayload() + 64 * 1024),
        expires);
  }

  /** A single message must fit. */
  private static long batchBytes(PulledConsumer consumer) {
    return Math.max(BATCH_BYTES, consumer.connection().getMaxPayload() + 64 * 1024);
  }

  private PullSubscription(
      PulledConsumer consumer, Mode mode, int batch, long batchBytes, Duration expires) {
    this.consumer = consumer;
    this.mode = mode;
    this.ended = mode == Mode.TO_END && consumer.pending() == 0;
    this.batch = batch;
    this.batchBytes = batchBytes;
    this.expires = expires;
    this.what = consumer.what();
    Connection connection = consumer.connection();
    this.inbox = connection.createInbox();
    try {
      this.answers = connection.subscribe(inbox + ".*");
      answers.setPendingLimits(-1, -1);
      pullIfLow();
    } catch (IllegalStateException e) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost", e);
    }
  }

  private byte[] request(int messages) {
    String text =
        mode == Mode.TO_END
            ? "{\"batch\":%d,\"max_bytes\":%d,\"expires\":%d,\"no_wait\":true}"
                .formatted(messages, batchBytes, expires.toNanos())
            : "{\"batch\":%d,\"max_bytes\":%d,\"expires\":%d,\"idle_heartbeat\":%d}"
                .formatted(messages, batchBytes, expires.toNanos(), HEARTBEAT.toNanos());
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * Returns messages as soon as there are any, up to {@code most}, or none when none came in {@code
   * wait}. More may come later than that, never more than {@code most} together.
   */
  List<Message> some(int most, Duration wait) {
    wanted = most;
    List<Message> some = new ArrayList<>();
    Message message = next(wait);
    while (message != null) {
      some.add(message);
      message = some.size() < most ? next(Duration.ZERO) : null;
    }
    return some;
  }

  /** Ends the requests and returns what was delivered and not taken. */
  List<Message> rest() {
    List<Message> rest = new ArrayList<>(here);
    here.clear();
    try {
      CompletableFuture<Boolean> drained = answers.drain(REST);
      Message message = answers.nextMessage(REST_LOOK);
      while (message != null || !drained.isDone()) {
        if (message != null && !message.isStatusMessage()) {
          rest.add(message);
        }
        message = answers.nextMessage(REST_LOOK);
      }
    } catch (IllegalStateException e) {
      return rest; // the connection is gone, and the server delivers again what was on its way
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return rest;
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
      wanted = Math.max(0, wanted - 1);
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
    consumerSequence++;
    if (!consumer.shared() && message.metaData().consumerSequence() != consumerSequence) {
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
    ended = mode == Mode.TO_END && message.metaData().pendingCount() == 0;
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
    if (mode == Mode.TO_END
        && (status.getCode() == NO_MESSAGES_STATUS || status.getCode() == EXPIRED_STATUS)) {
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

  private void pullIfLow() {
    if (unknown && System.nanoTime() - heardAt < UNKNOWN_PAUSE.toNanos()) {
      return;
    }
    if (!pulling && !ended && isLow()) {
      pull = inbox + "." + ++pulls;
      leftOfPull = mode == Mode.ON_DEMAND ? wanted : batch;
      consumer.connection().publish(consumer.pullSubject(), pull, request(leftOfPull));
      bytesLeftOfPull = batchBytes;
      pulling = true;
      unknown = false;
      heardAt = System.nanoTime();
    }
  }

  private boolean isLow() {
    return mode == Mode.ON_DEMAND
        ? here.isEmpty() && wanted > 0
        : here.size() <= batch / 2 && bytesHere <= batchBytes / 2;
  }

  private void requireLife() {
    if (consumer.connection().getStatus() != Connection.Status.CONNECTED) {
      throw NatsFailures.unreachable(what, "the connection to NATS was lost");
    }
    if (pulling && mode != Mode.TO_END && System.nanoTime() - heardAt > SILENCE_NANOS) {
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
      consumer.release();
    } catch (IllegalStateException | PersistenceException e) {
      here.clear(); // the connection is gone, and with it the subscription
    }
  }
}
