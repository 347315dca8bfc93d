package io.mistersmith.persistence.testkit.memory;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.spi.hot.JournalEntry;
import io.mistersmith.persistence.spi.hot.JournalReader;
import io.mistersmith.persistence.spi.hot.JournalReader.JournalRange;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A reader of one stream. It stays with the stream it was opened on: when the bucket is recreated
 * it is silent from then on, as a consumer of a deleted stream is. All state is guarded by the
 * stream's lock.
 */
final class Cursor implements JournalReader {

  private final MemoryStream stream;
  private final Connection connection;
  private final boolean withValues;
  private final String prefix;
  private final Set<String> shards;
  private long next;
  private long pending;
  private boolean lost;
  private boolean closed;

  private Cursor(MemoryStream stream, JournalRange range, Connection connection) {
    this.stream = stream;
    this.connection = connection;
    this.withValues = !range.headersOnly();
    this.prefix =
        range
            .agent()
            .map(agent -> stream.subjects().ofAgent(agent) + range.prefix())
            .orElseGet(() -> stream.subjects().root());
    this.shards =
        range.shards().stream().map(stream.subjects()::ofShard).collect(Collectors.toSet());
  }

  static Cursor open(MemoryStream stream, JournalRange range, Connection connection) {
    Cursor cursor = new Cursor(stream, range, connection);
    stream.lock().lock();
    try {
      stream.expire(connection.now());
      cursor.next = cursor.begin(range.start());
      cursor.pending =
          stream.log().tailMap(cursor.next, true).values().stream().filter(cursor::matches).count();
      stream.register(cursor);
    } finally {
      stream.lock().unlock();
    }
    return cursor;
  }

  private long begin(JournalRange.Start start) {
    if (start instanceof JournalRange.Start.AtSequence at) {
      return at.sequence();
    }
    Instant time = ((JournalRange.Start.AtTime) start).time();
    return stream.log().values().stream()
        .filter(message -> !message.time().isBefore(time))
        .findFirst()
        .map(Message::sequence)
        .orElseGet(() -> stream.log().isEmpty() ? 1 : stream.log().lastKey() + 1);
  }

  @Override
  public Optional<JournalEntry> next(Duration wait) {
    long left = wait.toNanos();
    stream.lock().lock();
    try {
      while (true) {
        check();
        stream.expire(connection.now());
        Optional<Message> found = advance();
        if (found.isPresent()) {
          pending--;
          return Optional.of(found.get().toJournalEntry(withValues, pending));
        }
        if (left <= 0) {
          return Optional.empty();
        }
        left = stream.changed().awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "interrupted while waiting for the journal", e);
    } finally {
      stream.lock().unlock();
    }
  }

  private Optional<Message> advance() {
    Map.Entry<Long, Message> candidate = stream.log().ceilingEntry(next);
    while (candidate != null) {
      next = candidate.getKey() + 1;
      if (matches(candidate.getValue())) {
        return Optional.of(candidate.getValue());
      }
      candidate = stream.log().ceilingEntry(next);
    }
    next = Math.max(next, stream.lastSequence() + 1); // the last messages may have been removed
    return Optional.empty();
  }

  @Override
  public long position() {
    stream.lock().lock();
    try {
      return next - 1;
    } finally {
      stream.lock().unlock();
    }
  }

  private void check() {
    if (closed) {
      throw new NonTransientPersistenceException(DataError.CLOSED, "the journal reader is closed");
    }
    try {
      connection.checkHot();
    } catch (TransientPersistenceException e) {
      lose();
      throw e;
    }
    if (lost) {
      throw new TransientPersistenceException(
          DataError.CONNECTION_FAILED, "the journal reader lost its place; open another one");
    }
  }

  /** The stream has a new message. */
  void added(Message message) {
    if (message.sequence() >= next && matches(message)) {
      pending++;
    }
  }

  /** The stream has a message less. */
  void removed(Message message) {
    if (message.sequence() >= next && matches(message)) {
      pending--;
    }
  }

  /** The server forgot this reader. */
  void lose() {
    lost = true;
  }

  boolean isOf(Connection itsConnection) {
    return connection == itsConnection;
  }

  private boolean matches(Message message) {
    String subject = message.subject();
    return subject.startsWith(prefix)
        && (shards.isEmpty() || shards.contains(stream.subjects().shardPart(subject)));
  }

  @Override
  public void close() {
    stream.lock().lock();
    try {
      closed = true;
      stream.unregister(this);
      stream.changed().signalAll();
    } finally {
      stream.lock().unlock();
    }
  }
}
