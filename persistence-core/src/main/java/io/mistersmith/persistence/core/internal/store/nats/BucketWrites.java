package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.CallDeadline;
import io.mistersmith.persistence.core.internal.base.Window;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.PublishAck;
import io.nats.client.impl.Headers;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;

/**
 * Stores messages. A conditional write that carries a write id is looked for when its
 * acknowledgement was lost; for that it keeps a third of the request timeout.
 */
final class BucketWrites implements HotWrites {

  private final NatsLink link;
  private final BucketStream stream;
  private final StreamOwner owner;
  private final EntryMessages messages;
  private final Window window;
  private final Evictions evictions;
  private final LostAcknowledgement lostAcknowledgement;
  private final Duration timeoutBeforeSearch;
  private final AtomicPublish atomic;

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
    this.messages = new EntryMessages(link, stream, maxValueBytes, clock);
    this.window = window;
    this.evictions = new Evictions(link, stream);
    this.lostAcknowledgement = new LostAcknowledgement(link, reads);
    this.timeoutBeforeSearch = link.requestTimeout().multipliedBy(2).dividedBy(3);
    this.atomic = new AtomicPublish(link, stream, messages, reads, timeoutBeforeSearch);
  }

  @Override
  public String name() {
    return stream.bucket();
  }

  @Override
  public int maxValueBytes() {
    return messages.maxValueBytes();
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
    Headers headers = messages.fitting(key, operation, value, metadata, expectedSequence);
    Message answer;
    try {
      answer =
          link.ask(
              () -> messages.what(key),
              messages.subject(key),
              headers,
              EntryMessages.body(operation, value),
              timeout(writeId));
    } catch (RuntimeException e) {
      PersistenceException failure = link.failure(messages.what(key), e);
      if (!NatsFailures.isUnacknowledged(failure)) {
        throw failure;
      }
      if (writeId.isEmpty()) {
        throw NatsFailures.unknown(messages.what(key), failure);
      }
      return search(key, writeId.get(), failure, deadline);
    }
    return place(key, expectedSequence, answer);
  }

  private long search(StateKey key, String writeId, PersistenceException failure, long deadline) {
    CompletableFuture<Long> place = new CompletableFuture<>();
    lostAcknowledgement.find(
        messages.what(key),
        key,
        writeId,
        failure,
        deadline,
        place::complete,
        place::completeExceptionally);
    try {
      return link.await(() -> messages.what(key), place);
    } catch (PersistenceException e) {
      throw NatsFailures.isUnacknowledged(e) ? NatsFailures.unknown(messages.what(key), e) : e;
    }
  }

  @Override
  public long publishTogether(List<Outgoing> batch) {
    owner.requireOwnHere();
    return atomic.publish(batch);
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
      window.enter(value.length, () -> messages.what(key));
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
      Headers headers = messages.fitting(key, operation, value, metadata, expectedSequence);
      acknowledgement =
          link.request(
              messages.subject(key),
              headers,
              EntryMessages.body(operation, value),
              timeout(writeId));
    } catch (RuntimeException | Error e) {
      ended.run();
      sequence.completeExceptionally(link.failure(messages.what(key), e));
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
          PersistenceException failure = link.failure(messages.what(key), cause);
          if (!NatsFailures.isUnacknowledged(failure)) {
            fail.accept(failure);
          } else if (writeId.isEmpty()) {
            fail.accept(NatsFailures.unknown(messages.what(key), failure));
          } else {
            lostAcknowledgement.find(
                messages.what(key), key, writeId.get(), failure, deadline, stored, fail);
          }
        });
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
      throw messages.refused(key, expectedSequence, e);
    }
  }
}
