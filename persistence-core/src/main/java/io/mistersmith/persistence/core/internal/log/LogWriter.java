package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.log.LogReader.Part;
import io.mistersmith.persistence.core.internal.state.flush.Evictions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.log.Log.Append;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.spi.sql.LogStore.Envelope;
import io.mistersmith.persistence.spi.sql.LogStore.IdLookup;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Appends entries: creates the message of the version after the last one, which the server refuses
 * when there is one already. So of two that append at once one is first, and the other appends
 * after it; and a version is only created by a process that knows of all before it.
 *
 * <p>The last version is known without a request as long as this process appended or read lately.
 * It may be too low then, which the server's refusal shows; it is never too high. Thread-safe.
 */
final class LogWriter {

  /** How often an append is tried before it waits for a moment. */
  private static final int AT_ONCE = 8;

  /** How many entries are searched for an id at a time. */
  private static final int PAGE = 512;

  private static final Duration TAKING_BACK = Duration.ofSeconds(10);

  private final LogContext context;
  private final LogReader reader;

  LogWriter(LogContext context, LogReader reader) {
    this.context = context;
    this.reader = reader;
  }

  /** Appends the document and returns the version, or that of the entry with the same id. */
  long append(LogId log, byte[] document, Append options) {
    LogMemory memory = context.memory(log);
    boolean turn = memory.awaitTurn();
    try {
      Supplier<Long> outcome = Conflicts.retry(() -> attempts(log, document, options));
      return outcome.get();
    } finally {
      if (turn) {
        memory.endTurn();
      }
    }
  }

  /**
   * Tries a few times without a wait: after a refusal the end of the log has just been read, and
   * waiting would only make it older.
   */
  private Supplier<Long> attempts(LogId log, byte[] document, Append options) {
    for (int attempt = 1; attempt < AT_ONCE; attempt++) {
      try {
        return attempt(log, document, options);
      } catch (TransientPersistenceException e) {
        if (!Conflicts.isConflict(e)) {
          throw e;
        }
      }
    }
    return attempt(log, document, options);
  }

  private Supplier<Long> attempt(LogId log, byte[] document, Append options) {
    Tail tail;
    if (options.id().isPresent()) {
      Looked looked = look(log, options.id().get());
      if (looked.version().isPresent()) {
        return () -> looked.version().getAsLong();
      }
      tail = looked.tail();
    } else {
      tail = reader.knownTail(log);
    }
    try {
      tail = expected(log, tail, options.expectedVersion());
    } catch (TransientPersistenceException e) {
      return () -> {
        throw e;
      };
    }
    long version = publish(log, tail, document, options);
    return () -> version;
  }

  /**
   * Returns the end of the log, which has the expected version.
   *
   * @throws TransientPersistenceException with {@code VERSION_CONFLICT} when it has another one
   */
  Tail expected(LogId log, Tail known, OptionalLong version) {
    if (version.isEmpty()) {
      return known;
    }
    long expected = version.getAsLong();
    Tail tail = known.version() < expected ? lookAhead(log, known) : known;
    if (tail.version() == expected) {
      return tail;
    }
    throw new TransientPersistenceException(
        DataError.VERSION_CONFLICT,
        log
            + ": expected version "
            + expected
            + ", but it has "
            + tail.version()
            + "; nothing was appended. Read the log and try again");
  }

  /** The entry after the end of a log. */
  static Envelope envelope(Tail end, byte[] document, Append options) {
    return new Envelope(
        options.id(), near(end.version() + 1, options.keptWith()), end.bytes(), document);
  }

  private long publish(LogId log, Tail tail, byte[] document, Append options) {
    long version = tail.version() + 1;
    Envelope entry = envelope(tail, document, options);
    long since = context.freshness().now();
    LogMemory before = context.memory(log);
    Revision.OfJournal written;
    try {
      written = context.store().writeOnce(log.entry(version), entry.encode());
    } catch (PersistenceException e) {
      if (Conflicts.isConflict(e)) {
        lookAfterConflict(log, tail);
      } else {
        context.memory(log).forgetTail();
      }
      throw e;
    }
    if (context.memory(log) != before) {
      requireFree(log, version, written);
    }
    context.memory(log).note(new Tail(version, entry.bytesAfter(), since));
    return version;
  }

  /**
   * Takes an entry back when the bucket was recreated, or lost its end, since the last version was
   * known, and PostgreSQL has another entry of this version from before. The row may also be that
   * of the entry itself, which was flushed meanwhile.
   *
   * @throws TransientPersistenceException with {@code VERSION_CONFLICT} when it was taken back
   */
  private void requireFree(LogId log, long version, Revision.OfJournal written) {
    try {
      if (isFree(log, version, written)) {
        return;
      }
      Evictions.await(
          List.of(
              context
                  .store()
                  .tiers()
                  .writes()
                  .evict(
                      context.store().tiers().journal().subject(log.entry(version)),
                      written.sequence())),
          TAKING_BACK);
    } catch (TransientPersistenceException e) {
      throw new TransientPersistenceException(
          DataError.OUTCOME_UNKNOWN,
          log
              + ": the bucket went back while version "
              + version
              + " was appended, and PostgreSQL does not say whether it was free; read the log",
          e);
    }
    throw new TransientPersistenceException(
        DataError.VERSION_CONFLICT, log + ": version " + version + " is taken");
  }

  private boolean isFree(LogId log, long version, Revision.OfJournal written) {
    StateKey key = log.entry(version);
    return context
        .store()
        .tiers()
        .sql()
        .flatMap(sql -> sql.states().find(key))
        .filter(row -> !row.revision().equals(written))
        .isEmpty();
  }

  /** An entry can only be kept with one before it that a truncation finds. */
  private static OptionalLong near(long version, OptionalLong keptWith) {
    return keptWith.isPresent()
            && keptWith.getAsLong() < version
            && version - keptWith.getAsLong() <= Log.MAX_DISTANCE
        ? keptWith
        : OptionalLong.empty();
  }

  /** Looks where the log ends, after a version behind this end proved to be taken. */
  void lookAfterConflict(LogId log, Tail tail) {
    if (lookAhead(log, tail).version() == tail.version()) {
      context.memory(log).forgetTail();
    }
  }

  private Tail lookAhead(LogId log, Tail tail) {
    Tail end = reader.end(log).tail();
    return end.version() > tail.version() ? end : tail;
  }

  /**
   * What was found of an id.
   *
   * @param version that of the entry which has it
   * @param tail the end of the log, up to which no other entry has it
   */
  record Looked(OptionalLong version, Tail tail) {}

  /**
   * Looks in the rows, and in the entries of the bucket that are later than those. Also in those
   * that lately got no row, because PostgreSQL refused them, while the bucket has them.
   */
  Looked look(LogId log, String id) {
    long first = context.memory(log).head().map(known -> known.head().first()).orElse(1L);
    IdLookup rows = context.rows().find(log.owner(), log.log(), id, first);
    Tail known = reader.knownTail(log);
    long from = Math.min(rows.last(), known.version()) + 1;
    Part rest = reader.read(log, from, from + PAGE - 1);
    if (rest.head().first() > first) {
      first = rest.head().first();
      rows = context.rows().find(log.owner(), log.log(), id, first);
    }
    OptionalLong found = rows.version();
    long counted = Math.max(first, rows.last() - LogStore.COUNTED + 1);
    if (found.isEmpty() && rows.counted() < rows.last() - counted + 1) {
      found = find(reader.read(log, counted, rows.last()), id);
    }
    found = found.isPresent() ? found : find(rest, id);
    while (found.isEmpty() && rest.tail().version() >= from + PAGE - 1) {
      from += PAGE;
      rest = reader.read(log, from, from + PAGE - 1);
      found = find(rest, id);
    }
    return new Looked(found, rest.tail());
  }

  private static OptionalLong find(Part part, String id) {
    return part.between(1, Long.MAX_VALUE).stream()
        .filter(entry -> entry.envelope().id().equals(Optional.of(id)))
        .mapToLong(RawEntry::version)
        .findFirst();
  }
}
