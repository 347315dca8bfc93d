package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.EntryMetadata.StepPlace;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Stores several messages at once, all or none: an atomic batch of nats-server 2.12 and later.
 *
 * <p>The server keeps the first messages aside until the last one arrives, which commits the batch.
 * Only then it compares the expected sequences. All are sent without waiting in between, so that a
 * batch costs one round trip. The last one is answered with the batch's last sequence, or with the
 * reason for which nothing was stored.
 *
 * <p>A server that does not know batches would store each message by itself, so it is not asked.
 */
final class AtomicPublish {

  private static final String VERSION = "2.12.0";
  private static final int INCOMPLETE = 10176;
  private static final int TOO_MANY_IN_FLIGHT = 10210;
  private static final Duration PAUSE = Duration.ofMillis(5);

  private final NatsLink link;
  private final BucketStream stream;
  private final EntryMessages messages;
  private final LostStep lost;
  private final Duration timeoutBeforeSearch;

  AtomicPublish(
      NatsLink link,
      BucketStream stream,
      EntryMessages messages,
      HotReads reads,
      Duration timeoutBeforeSearch) {
    this.link = link;
    this.stream = stream;
    this.messages = messages;
    this.lost = new LostStep(reads);
    this.timeoutBeforeSearch = timeoutBeforeSearch;
  }

  /** A message with what the server is to know about its batch. */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  private record Prepared(String subject, Headers headers, byte[] body) {}

  long publish(List<Outgoing> batch) {
    requireSupported(link.connection(), what(batch));
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    String id = batch.get(0).metadata().writeId().orElseThrow();
    List<Prepared> prepared = prepare(batch, id);
    while (true) {
      Message answer;
      try {
        answer = send(batch, prepared);
      } catch (RuntimeException e) {
        PersistenceException failure = link.failure(what(batch), e);
        if (!NatsFailures.isUnacknowledged(failure)) {
          throw failure;
        }
        return lost.find(batch, id, () -> what(batch), failure, deadline);
      }
      try {
        return lastSequence(batch, answer);
      } catch (JetStreamApiException e) {
        if (!isLostOnTheWay(e) || System.nanoTime() + PAUSE.toNanos() >= deadline) {
          throw refused(batch, e);
        }
        if (!rest(PAUSE)) {
          throw NatsFailures.unavailable(what(batch), "interrupted; nothing was written");
        }
      }
    }
  }

  private void requireSupported(Connection connection, String what) {
    if (!connection.getServerInfo().isSameOrNewerThanVersion(VERSION)) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          what
              + ": nats-server "
              + connection.getServerInfo().getVersion()
              + " cannot store several entries at once; update the servers to 2.12 or later, or"
              + " save the entries one by one");
    }
    if (!stream.atomicPublish()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          what
              + ": the bucket does not allow to store several entries at once. Set bucketChanges to"
              + " APPLY and open again, or run: nats stream edit "
              + stream.stream()
              + " --allow-batch, and open again");
    }
  }

  private List<Prepared> prepare(List<Outgoing> batch, String id) {
    List<Prepared> prepared = new ArrayList<>(batch.size());
    for (Outgoing message : batch) {
      Headers headers =
          Objects.requireNonNull(
              messages.fitting(
                  message.key(),
                  message.operation(),
                  message.value(),
                  message.metadata(),
                  message.expectedSequence()));
      StepPlace place = message.metadata().step().orElseThrow();
      EntryHeaders.addBatch(headers, id, place);
      prepared.add(
          new Prepared(
              messages.subject(message.key()),
              headers,
              EntryMessages.body(message.operation(), message.value())));
    }
    return prepared;
  }

  /** Sends all, over one connection: the server refuses a batch of which it lacks a message. */
  private Message send(List<Outgoing> batch, List<Prepared> prepared) {
    int last = prepared.size() - 1;
    Connection connection = link.connection();
    for (Prepared first : prepared.subList(0, last)) {
      connection.publish(first.subject(), first.headers(), first.body());
    }
    Prepared commit = prepared.get(last);
    return link.ask(
        () -> what(batch),
        commit.subject(),
        commit.headers(),
        commit.body(),
        CallDeadline.left(timeoutBeforeSearch));
  }

  private long lastSequence(List<Outgoing> batch, Message answer) throws JetStreamApiException {
    PublishAck acknowledgement;
    try {
      acknowledgement = new PublishAck(answer);
    } catch (IOException e) {
      throw link.failure(what(batch), e);
    }
    if (acknowledgement.getBatchSize() != batch.size()) {
      throw new NonTransientPersistenceException(
          DataError.CONSISTENCY_VIOLATION,
          what(batch)
              + ": the server stored "
              + acknowledgement.getBatchSize()
              + " entries at once; do servers before 2.12 belong to the cluster?");
    }
    return acknowledgement.getSeqno();
  }

  /**
   * Whether the server has not got the whole batch: its leader changed or the connection was
   * replaced on the way, or it has too many batches at present, which it says of the first message
   * alone. It has dropped what it got.
   */
  private static boolean isLostOnTheWay(JetStreamApiException refusal) {
    return refusal.getApiErrorCode() == INCOMPLETE
        || refusal.getApiErrorCode() == TOO_MANY_IN_FLIGHT;
  }

  private PersistenceException refused(List<Outgoing> batch, JetStreamApiException refusal) {
    PersistenceException failure = link.failure(what(batch), refusal);
    return isLostOnTheWay(refusal)
        ? new TransientPersistenceException(
            DataError.UNAVAILABLE,
            failure.getMessage() + "; nothing was written: the server did not get all entries",
            refusal)
        : failure;
  }

  /** Returns false, with the interrupt kept, when the thread was interrupted. */
  static boolean rest(Duration duration) {
    try {
      Thread.sleep(duration.toMillis());
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private String what(List<Outgoing> batch) {
    return "write a step of "
        + batch.size()
        + " entries of "
        + batch.get(0).key().agent()
        + " to bucket "
        + stream.bucket();
  }
}
