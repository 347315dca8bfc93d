package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.spi.hot.StreamStore.Outgoing;
import io.mistersmith.persistence.spi.hot.StreamStore.Stored;
import io.mistersmith.persistence.stream.StreamPlan;
import io.mistersmith.persistence.stream.StreamPlan.Discard;
import io.mistersmith.persistence.stream.StreamPlan.Retention;
import io.mistersmith.persistence.stream.Streams.Published;
import io.mistersmith.persistence.stream.Streams.Running;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/** A stream of messages with the rules of nats-server. Guarded by the {@link MessageStreams}. */
final class MessageStream {

  private static final long OVERHEAD = 30;
  private static final int MAX_PAYLOAD = 1024 * 1024;

  private final UUID installation;
  private final Instant created;
  private StreamPlan plan;
  private final NavigableMap<Long, Stored> log = new TreeMap<>();
  private final Map<String, Stored> ids = new HashMap<>();
  private final Map<String, MessageConsumer> consumers = new HashMap<>();
  private long lastSequence;
  private long bytes;

  MessageStream(StreamPlan plan, UUID installation, Instant created) {
    this.plan = plan;
    this.installation = installation;
    this.created = created;
  }

  static int maxPayload() {
    return MAX_PAYLOAD;
  }

  StreamPlan plan() {
    return plan;
  }

  UUID installation() {
    return installation;
  }

  Map<String, MessageConsumer> consumers() {
    return consumers;
  }

  NavigableMap<Long, Stored> log() {
    return log;
  }

  long lastSequence() {
    return lastSequence;
  }

  /** Changes the settings; the messages that are over the new limits go. */
  void change(StreamPlan now, Instant time) {
    plan = now;
    expire(time);
    makeRoom(0, 0);
  }

  Running running(Instant now) {
    expire(now);
    return new Running(
        plan.name(),
        created,
        log.isEmpty() ? lastSequence + 1 : log.firstKey(),
        lastSequence,
        log.size(),
        bytes,
        1);
  }

  boolean takes(String subject) {
    return plan.subjects().stream().anyMatch(filter -> SubjectFilter.matches(filter, subject));
  }

  Published publish(Outgoing message, Instant now) {
    expire(now);
    long size = size(message);
    long most = Math.min(MAX_PAYLOAD, plan.maxMessageBytes().orElse(MAX_PAYLOAD));
    if (message.body().length + headerBytes(message) > most) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          message.subject() + ": the message is larger than the " + most + " bytes that are taken");
    }
    Optional<Stored> before = message.id().map(ids::get);
    if (before.isPresent() && now.isBefore(before.get().time().plus(plan.duplicateWindow()))) {
      return new Published(before.get().sequence(), true);
    }
    boolean wanted =
        plan.retention() != Retention.INTEREST
            || consumers.values().stream().anyMatch(each -> each.wants(message.subject()));
    if (plan.discard() == Discard.NEW && isFull(size)) {
      throw new NonTransientPersistenceException(
          DataError.STORE_FULL,
          message.subject() + ": stream " + plan.name() + " is full; raise its limits");
    }
    Stored stored =
        new Stored(
            message.subject(),
            ++lastSequence,
            now,
            message.id(),
            message.headers(),
            message.body().clone());
    message.id().ifPresent(id -> ids.put(id, stored));
    if (wanted) {
      log.put(stored.sequence(), stored);
      bytes += size;
      makeRoom(0, 0);
    }
    return new Published(stored.sequence(), false);
  }

  private boolean isFull(long size) {
    return plan.maxMessages().filter(most -> log.size() + 1 > most).isPresent()
        || plan.maxBytes().filter(most -> bytes + size > most).isPresent();
  }

  private void makeRoom(int moreMessages, long moreBytes) {
    while (!log.isEmpty()
        && (plan.maxMessages().filter(most -> log.size() + moreMessages > most).isPresent()
            || plan.maxBytes().filter(most -> bytes + moreBytes > most).isPresent())) {
      boolean unused = remove(log.firstKey());
    }
  }

  /** Removes what is too old, and forgets ids. */
  void expire(Instant now) {
    ids.values().removeIf(stored -> !now.isBefore(stored.time().plus(plan.duplicateWindow())));
    if (plan.maxAge().isZero()) {
      return;
    }
    Instant oldest = now.minus(plan.maxAge());
    while (!log.isEmpty() && !log.firstEntry().getValue().time().isAfter(oldest)) {
      boolean unused = remove(log.firstKey());
    }
  }

  boolean remove(long sequence) {
    Stored gone = log.remove(sequence);
    if (gone == null) {
      return false;
    }
    bytes -= size(gone);
    consumers.values().forEach(consumer -> consumer.removed(sequence));
    return true;
  }

  /** A consumer has acknowledged the message. */
  void acknowledged(Stored message) {
    boolean done =
        switch (plan.retention()) {
          case LIMITS -> false;
          case WORK_QUEUE -> true;
          case INTEREST ->
              consumers.values().stream()
                  .filter(consumer -> consumer.wants(message.subject()))
                  .allMatch(consumer -> consumer.hasDone(message.sequence()));
        };
    if (done) {
      boolean unused = remove(message.sequence());
    }
  }

  private static long size(Outgoing message) {
    return OVERHEAD + message.subject().length() + message.body().length + headerBytes(message);
  }

  private static long size(Stored message) {
    return OVERHEAD
        + message.subject().length()
        + message.body().length
        + headerBytes(message.id(), message.headers());
  }

  private static long headerBytes(Outgoing message) {
    return headerBytes(message.id(), message.headers());
  }

  private static long headerBytes(Optional<String> id, Map<String, String> headers) {
    long own =
        headers.entrySet().stream()
            .mapToLong(header -> header.getKey().length() + header.getValue().length() + 3L)
            .sum();
    return own + id.map(text -> text.length() + 14L).orElse(0L);
  }
}
