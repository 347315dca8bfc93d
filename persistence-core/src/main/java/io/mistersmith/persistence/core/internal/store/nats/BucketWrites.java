package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores messages. A conditional write that carries a write id is looked for when its
 * acknowledgement was lost; for that it keeps a third of the request timeout.
 */
final class BucketWrites implements HotWrites {

  private static final Logger LOG = LoggerFactory.getLogger(BucketWrites.class);

  /** More than an entry's headers take: a vector clock of 32 nodes is the most of it. */
  private static final int HEADER_ROOM = 6 * 1024;

  private final NatsLink link;
  private final BucketStream stream;
  private final StreamOwner owner;
  private final Integer maxValueBytes;
  private final Clock clock;
  private final Window window;
  private final Evictions evictions;
  private final LostAcknowledgement lostAcknowledgement;
  private final Duration timeoutBeforeSearch;
  private volatile long maxPayload = Integer.MAX_VALUE;

  BucketWrites(
      NatsLink link,
      BucketStream stream,
      StreamOwner owner,
      Optional<Integer> maxValueBytes,
      Clock clock,
      Window window,
      BucketReads reads) {
    this.link = link;
    this.stream = stream;
    this.owner = owner;
    this.maxValueBytes = maxValueBytes.orElse(Integer.MAX_VALUE);
    this.clock = clock;
    this.window = window;
    this.evictions = new Evictions(link, stream);
    this.lostAcknowledgement = new LostAcknowledgement(link, reads);
    this.timeoutBeforeSearch = link.requestTimeout().multipliedBy(2).dividedBy(3);
  }

  @Override
  public String name() {
    return stream.bucket();
  }

  @Override
  public int maxValueBytes() {
    try {
      maxPayload = link.connection().getMaxPayload();
    } catch (PersistenceException e) {
      LOG.trace("{}; the last connection's limit holds", e.getMessage());
    }
    return (int) Math.min(maxValueBytes, Math.max(maxPayload / 2, maxPayload - HEADER_ROOM));
  }

  @Override
  public long publish(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    owner.requireOwnHere();
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    Optional<String> writeId = writeId(metadata, expectedSequence);
    Headers headers = fitting(key, operation, value, metadata, expectedSequence);
    Message answer;
    try {
      answer =
          link.ask(
              () -> what(key), subject(key), headers, body(operation, value), timeout(writeId));
    } catch (RuntimeException e) {
      PersistenceException failure = link.failure(what(key), e);
      if (!NatsFailures.isUnacknowledged(failure)) {
        throw failure;
      }
      if (writeId.isEmpty()) {
        throw NatsFailures.unknown(what(key), failure);
      }
      return search(key, writeId.get(), failure, deadline);
    }
    return place(key, expectedSequence, answer);
  }

  private long search(StateKey key, String writeId, PersistenceException failure, long deadline) {
    CompletableFuture<Long> place = new CompletableFuture<>();
    lostAcknowledgement.find(
        what(key), key, writeId, failure, deadline, place::complete, place::completeExceptionally);
    try {
      return link.await(() -> what(key), place);
    } catch (PersistenceException e) {
      throw NatsFailures.isUnacknowledged(e) ? NatsFailures.unknown(what(key), e) : e;
    }
  }

  /** Returns the headers of a message that the server takes. Fails where nothing can be sent. */
  private @Nullable Headers fitting(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    try {
      Headers headers = headers(operation, metadata, expectedSequence);
      requireFits(key, value, headers, link.connection());
      return headers;
    } catch (RuntimeException e) {
      throw link.failure(what(key), e);
    }
  }

  @Override
  public CompletableFuture<Long> publishAsync(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence) {
    CompletableFuture<Long> sequence = new CompletableFuture<>();
    try {
      owner.requireOwnHere();
      link.connection();
      window.enter(value.length, () -> what(key));
    } catch (PersistenceException e) {
      sequence.completeExceptionally(e);
      return sequence;
    }
    int bytes = value.length;
    send(key, operation, value, metadata, expectedSequence, sequence, () -> window.leave(bytes));
    return sequence;
  }

  @Override
  public CompletableFuture<Void> evict(String subject, long throughSequence) {
    return owned(() -> evictions.evict(subject, throughSequence));
  }

  @Override
  public CompletableFuture<Void> evictAll(Map<String, Long> subjects, long through) {
    return owned(() -> evictions.evictAll(subjects, through));
  }

  @Override
  public CompletableFuture<Void> evictAgent(AgentId agent, long throughSequence) {
    return owned(() -> evictions.evictAgent(agent, throughSequence));
  }

  private CompletableFuture<Void> owned(Supplier<CompletableFuture<Void>> eviction) {
    try {
      owner.requireOwnHere();
    } catch (PersistenceException e) {
      return CompletableFuture.failedFuture(e);
    }
    return eviction.get();
  }

  private void send(
      StateKey key,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence,
      CompletableFuture<Long> sequence,
      Runnable ended) {
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    Optional<String> writeId = writeId(metadata, expectedSequence);
    CompletableFuture<Message> acknowledgement;
    try {
      Headers headers = fitting(key, operation, value, metadata, expectedSequence);
      acknowledgement =
          link.request(subject(key), headers, body(operation, value), timeout(writeId));
    } catch (RuntimeException | Error e) {
      ended.run();
      sequence.completeExceptionally(link.failure(what(key), e));
      return;
    }
    Consumer<PersistenceException> fail =
        failure -> {
          ended.run();
          sequence.completeExceptionally(failure);
        };
    LongConsumer stored =
        place -> {
          ended.run();
          sequence.complete(place);
        };
    Replies.deliver(
        acknowledgement,
        message -> {
          long place;
          try {
            place = place(key, expectedSequence, message);
          } catch (PersistenceException e) {
            fail.accept(e);
            return;
          }
          stored.accept(place);
        },
        cause -> {
          PersistenceException failure = link.failure(what(key), cause);
          if (!NatsFailures.isUnacknowledged(failure)) {
            fail.accept(failure);
          } else if (writeId.isEmpty()) {
            fail.accept(NatsFailures.unknown(what(key), failure));
          } else {
            lostAcknowledgement.find(
                what(key), key, writeId.get(), failure, deadline, stored, fail);
          }
        });
  }

  private String subject(StateKey key) {
    return stream.subjectPrefix() + KeyEncoding.encode(key);
  }

  private static byte[] body(Operation operation, byte[] value) {
    return operation == Operation.DELETE ? Entries.NO_VALUE : value;
  }

  private static Optional<String> writeId(EntryMetadata metadata, long expectedSequence) {
    return expectedSequence == HotWrites.ANY ? Optional.empty() : metadata.writeId();
  }

  private Duration timeout(Optional<String> writeId) {
    return writeId.isEmpty() ? link.requestTimeout() : CallDeadline.left(timeoutBeforeSearch);
  }

  private long place(StateKey key, long expectedSequence, Message acknowledgement) {
    try {
      return new PublishAck(acknowledgement).getSeqno();
    } catch (IOException | JetStreamApiException | RuntimeException e) {
      throw refused(key, expectedSequence, e);
    }
  }

  private @Nullable Headers headers(
      Operation operation, EntryMetadata metadata, long expectedSequence) {
    Optional<Duration> serverExpiresAfter =
        stream.messageTtl()
            ? metadata.expiresAt().map(time -> Duration.between(clock.instant(), time))
            : Optional.empty();
    return EntryHeaders.write(operation, metadata, expectedSequence, serverExpiresAfter);
  }

  private void requireFits(
      StateKey key, byte[] value, @Nullable Headers headers, Connection connection) {
    long headerBytes = headers == null ? 0 : headers.serializedLength();
    long bytes = value.length + headerBytes;
    long most = connection.getMaxPayload();
    if (stream.maxMessageBytes() > 0) {
      most = Math.min(most, stream.maxMessageBytes());
    }
    if (value.length > maxValueBytes || bytes > most) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          what(key)
              + ": the value has "
              + value.length
              + " bytes, more than the "
              + Math.min(maxValueBytes, most - headerBytes)
              + " that the bucket and the server take; nothing was sent");
    }
  }

  private PersistenceException refused(StateKey key, long expectedSequence, Throwable cause) {
    PersistenceException failure = link.failure(what(key), cause);
    return failure.error() == DataError.VERSION_CONFLICT
        ? new TransientPersistenceException(
            DataError.VERSION_CONFLICT,
            what(key)
                + ": the latest message is not "
                + (expectedSequence == HotWrites.NONE
                    ? "none, as expected"
                    : "the expected sequence " + expectedSequence)
                + "; nothing was written ("
                + failure.getMessage()
                + ")",
            cause)
        : failure;
  }

  private String what(StateKey key) {
    return "write " + key + " to bucket " + stream.bucket();
  }
}
