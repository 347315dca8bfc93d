package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.config.BucketConfig;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotWrites.Outgoing;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import io.mistersmith.persistence.spi.hot.Operation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The stream of one bucket, with the rules of nats-server: a sequence is never used twice (unless
 * the tail is lost), a message's time is what the clock said and so may go back, a subject keeps
 * its last messages up to the history, a full stream refuses what is new, and purging leaves no
 * trace.
 *
 * <p>One lock guards everything. Cursors are registered here, so that each knows at any time how
 * many messages are still before it without counting them.
 */
final class MemoryStream {

  private final BucketConfig config;
  private final Instant created;
  private final Subjects subjects;
  private final Refusals refusals;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final NavigableMap<Long, Message> log = new TreeMap<>();
  private final NavigableMap<String, Deque<Message>> histories = new TreeMap<>();
  private final Map<String, Message> dropped = new HashMap<>();
  private final List<Cursor> cursors = new ArrayList<>();
  private volatile Duration maxAge;
  private volatile Optional<UUID> installation;
  private long lastSequence;
  private long bytes;

  MemoryStream(String name, BucketConfig config, Instant created, Optional<UUID> installation) {
    this.config = config;
    this.created = created;
    this.maxAge = config.maxAge();
    this.subjects = new Subjects(name);
    this.refusals = new Refusals(name, config);
    this.installation = installation;
  }

  Optional<UUID> installation() {
    return installation;
  }

  void forgetInstallation() {
    installation = Optional.empty();
  }

  /** Bears {@code ours} from now on if it bears {@code present}; what it bears then. */
  UUID adopt(Optional<UUID> present, UUID ours) {
    lock.lock();
    try {
      if (installation.equals(present)) {
        installation = Optional.of(ours);
      }
      return installation.orElse(ours);
    } finally {
      lock.unlock();
    }
  }

  Duration maxAge() {
    return maxAge;
  }

  void maxAge(Duration changed) {
    maxAge = changed;
  }

  Instant created() {
    return created;
  }

  Subjects subjects() {
    return subjects;
  }

  ReentrantLock lock() {
    return lock;
  }

  Condition changed() {
    return changed;
  }

  BucketState state(Instant now) {
    lock.lock();
    try {
      expire(now);
      long first = log.isEmpty() ? lastSequence + 1 : log.firstKey();
      return new BucketState(
          created, first, lastSequence, log.size(), bytes, histories.size(), false, installation);
    } finally {
      lock.unlock();
    }
  }

  int maxValueBytes() {
    return refusals.maxValueBytes();
  }

  long publish(
      String subject,
      Operation operation,
      byte[] value,
      EntryMetadata metadata,
      long expectedSequence,
      Instant now) {
    byte[] stored = refusals.fitting(subject, operation, value);
    lock.lock();
    try {
      expire(now);
      refusals.checkExpected(subject, histories.get(subject), expectedSequence);
      refusals.checkRoom(
          subject, histories.get(subject), Message.size(subject, stored, metadata), bytes);
      return store(subject, operation, stored, metadata, now);
    } finally {
      lock.unlock();
    }
  }

  /** Stores all messages or none; like the server, checks all before it stores the first. */
  long publishTogether(List<Outgoing> messages, Instant now) {
    List<byte[]> values = new ArrayList<>();
    messages.forEach(m -> values.add(refusals.fitting(subject(m.key()), m.operation(), m.value())));
    lock.lock();
    try {
      expire(now);
      long bytesBefore = bytes;
      for (int i = 0; i < values.size(); i++) {
        Outgoing message = messages.get(i);
        String subject = subject(message.key());
        long size = Message.size(subject, values.get(i), message.metadata());
        refusals.checkExpected(subject, histories.get(subject), message.expectedSequence());
        refusals.checkRoom(subject, histories.get(subject), size, bytesBefore);
        bytesBefore += size;
      }
      for (int i = 0; i < values.size(); i++) {
        Outgoing message = messages.get(i);
        long unused =
            store(
                subject(message.key()),
                message.operation(),
                values.get(i),
                message.metadata(),
                now);
      }
      return lastSequence;
    } finally {
      lock.unlock();
    }
  }

  private long store(
      String subject, Operation operation, byte[] stored, EntryMetadata metadata, Instant now) {
    Deque<Message> history = histories.computeIfAbsent(subject, s -> new ArrayDeque<>());
    Message message =
        new Message(
            subject,
            subjects.key(subject),
            ++lastSequence,
            now,
            operation,
            stored,
            asHeaders(metadata));
    append(message, history);
    dropBeyondHistory(subject, history);
    return message.sequence();
  }

  Optional<Message> last(String subject, Instant now) {
    lock.lock();
    try {
      expire(now);
      return Optional.ofNullable(histories.get(subject)).map(Deque::getLast);
    } finally {
      lock.unlock();
    }
  }

  /** The last message of each subject that starts so. */
  List<Message> lastByPrefix(String prefix, Instant now) {
    lock.lock();
    try {
      expire(now);
      List<Message> found = new ArrayList<>();
      for (Deque<Message> history : histories.tailMap(prefix, true).values()) {
        if (!history.getLast().subject().startsWith(prefix)) {
          break;
        }
        found.add(history.getLast());
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  void evict(String subject, long throughSequence) {
    lock.lock();
    try {
      Deque<Message> history = histories.get(subject);
      while (history != null
          && !history.isEmpty()
          && history.getFirst().sequence() <= throughSequence) {
        remove(history.getFirst());
      }
    } finally {
      lock.unlock();
    }
  }

  void evictPrefix(String prefix, long throughSequence) {
    lock.lock();
    try {
      List<Message> gone =
          log.headMap(throughSequence, true).values().stream()
              .filter(m -> m.subject().startsWith(prefix))
              .toList();
      gone.forEach(this::remove);
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by the lock. */
  long lastSequence() {
    return lastSequence;
  }

  /** Forgets what came after a sequence, as a server does that lost what it had not synced. */
  void loseTail(long lastSequenceKept) {
    lock.lock();
    try {
      List.copyOf(log.tailMap(lastSequenceKept, false).values()).forEach(this::remove);
      lastSequence = Math.min(lastSequence, lastSequenceKept);
      loseCursors();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Brings back the last message of each subject that its history dropped, as nats-server does when
   * it is killed: what it drops it notes nowhere, and finds again. Where the subject still has its
   * history, that drops it once more.
   */
  void bringBackDropped() {
    lock.lock();
    try {
      for (Message message : List.copyOf(dropped.values())) {
        if (log.putIfAbsent(message.sequence(), message) == null) {
          Deque<Message> history =
              histories.computeIfAbsent(message.subject(), s -> new ArrayDeque<>());
          history.addFirst(message);
          bytes += message.size();
          dropBeyondHistory(message.subject(), history);
        }
      }
      loseCursors();
    } finally {
      lock.unlock();
    }
  }

  private void dropBeyondHistory(String subject, Deque<Message> history) {
    while (history.size() > config.history()) {
      dropped.put(subject, history.getFirst());
      remove(history.getFirst());
    }
  }

  /** Forgets all readers, as a server does that restarts. */
  void loseCursors() {
    lock.lock();
    try {
      cursors.forEach(Cursor::lose);
      cursors.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Adds a cursor to those that are kept up to date; the caller holds the lock. */
  void register(Cursor cursor) {
    cursors.add(cursor);
  }

  /** Forgets a cursor; the caller holds the lock. */
  void unregister(Cursor cursor) {
    cursors.remove(cursor);
  }

  /** Closes the cursors of a runtime that goes, and wakes those who wait on them. */
  void closeCursors(Connection connection) {
    lock.lock();
    try {
      cursors.removeIf(cursor -> cursor.isOf(connection));
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The messages in order; the caller holds the lock. */
  NavigableMap<Long, Message> log() {
    return log;
  }

  /** Removes what is older than the bucket allows; the caller holds the lock. */
  void expire(Instant now) {
    if (maxAge.isZero()) {
      return;
    }
    Instant oldest = now.minus(maxAge);
    while (!log.isEmpty() && !log.firstEntry().getValue().time().isAfter(oldest)) {
      remove(log.firstEntry().getValue());
    }
  }

  private static EntryMetadata asHeaders(EntryMetadata metadata) {
    return new EntryMetadata(
        metadata.copyOf(),
        metadata.expiresAt().map(at -> Instant.ofEpochMilli(at.toEpochMilli())),
        metadata.writeId(),
        metadata.provenance(),
        metadata.step(),
        metadata.trace(),
        metadata.actor());
  }

  private void append(Message message, Deque<Message> history) {
    log.put(message.sequence(), message);
    history.addLast(message);
    bytes += message.size();
    cursors.forEach(cursor -> cursor.added(message));
    changed.signalAll();
  }

  private void remove(Message message) {
    log.remove(message.sequence());
    bytes -= message.size();
    Deque<Message> history = histories.get(message.subject());
    if (history != null) {
      history.remove(message);
      if (history.isEmpty()) {
        histories.remove(message.subject());
      }
    }
    cursors.forEach(cursor -> cursor.removed(message));
  }

  /** The subject of a key. */
  String subject(StateKey key) {
    return subjects.of(key);
  }
}
