package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.log.LogMemory.KnownHead;
import io.mistersmith.persistence.core.internal.state.tier.Entry;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Reads and changes the heads of logs, which are entries of the state. Thread-safe. */
final class Heads {

  private static final long ASK_LEADER_MILLIS = 60_000;

  private final LogContext context;
  private final KeyedCodec<Head> codec;

  Heads(LogContext context) {
    this.context = context;
    this.codec =
        new KeyedCodec<>(
            Json.mapping(Head.class),
            Sealing.NONE,
            context.store().tiers().writes()::maxValueBytes);
  }

  /**
   * Returns the latest head, given what the bucket has of it. A head that is not in the bucket is
   * the one that was known, while that is fresh: a later one could not have been evicted.
   *
   * @param hot the head's entry in the bucket, if there is one
   * @param sinceMillis when the bucket was asked
   */
  Head settle(LogId log, Optional<HotEntry> hot, long sinceMillis) {
    LogMemory memory = context.memory(log);
    if (hot.isPresent() && hot.get().operation() == Operation.PUT && isFresh(hot.get())) {
      Head head = codec.decode(log.head(), hot.get().value());
      Revision.OfJournal revision = context.revisions().of(hot.get());
      return memory.note(new KnownHead(head, Optional.of(revision), sinceMillis)).head();
    }
    Optional<KnownHead> known = memory.head();
    if (hot.isPresent() || known.isEmpty() || !isFresh(known.get())) {
      return read(log).head();
    }
    if (context.reads().hasReplicas()) {
      return stillKnown(log, known.get());
    }
    KnownHead still = new KnownHead(known.get().head(), known.get().revision(), sinceMillis);
    return memory.note(still).head();
  }

  /**
   * That a replica has no head does not make an old one fresh; the leader is asked now and then.
   */
  private Head stillKnown(LogId log, KnownHead known) {
    long since = context.freshness().now();
    if (since - known.sinceMillis() < ASK_LEADER_MILLIS) {
      return known.head();
    }
    if (context.reads().get(log.head(), ReadFrom.LEADER).isPresent()) {
      return read(log).head();
    }
    return context.memory(log).note(new KnownHead(known.head(), known.revision(), since)).head();
  }

  private boolean isFresh(HotEntry hot) {
    return context.freshness().isFresh(hot.time());
  }

  private boolean isFresh(KnownHead known) {
    return context.freshness().isFresh(known.sinceMillis());
  }

  /** Returns the head as both stores have it now. */
  KnownHead read(LogId log) {
    long since = context.freshness().now();
    Optional<KnownHead> before = context.memory(log).head();
    Optional<Entry> entry = context.store().readLatest(log.head());
    if (entry.isEmpty()) {
      // Heads are never deleted but with their owner.
      before.ifPresent(context.memory(log)::forget);
    }
    KnownHead found =
        new KnownHead(
            entry.map(live -> codec.decode(log.head(), live.json())).orElse(Head.NEW),
            entry.map(Entry::revision),
            since);
    return context.memory(log).note(found);
  }

  /** Returns the head, which may be as old as {@code millis}. */
  Head recent(LogId log, long millis) {
    long now = context.freshness().now();
    return context
        .memory(log)
        .head()
        .filter(known -> now - known.sinceMillis() < millis)
        .map(KnownHead::head)
        .orElseGet(() -> settle(log, context.reads().get(log.head(), ReadFrom.ANY_REPLICA), now));
  }

  /**
   * Changes the head by compare-and-set, again where another process was faster.
   *
   * @param change may run several times; its exceptions pass through, and nothing is changed
   * @return the head then
   */
  Head change(LogId log, UnaryOperator<Head> change) {
    Supplier<Head> outcome = Conflicts.retry(() -> changeOnce(log, change));
    return outcome.get();
  }

  private Supplier<Head> changeOnce(LogId log, UnaryOperator<Head> change) {
    KnownHead before = read(log);
    Head after;
    try {
      after = change.apply(before.head());
    } catch (PersistenceException e) {
      return () -> {
        throw e;
      };
    }
    if (!after.equals(before.head())) {
      long since = context.freshness().now();
      byte[] json = codec.encode(log.head(), after);
      Revision.OfJournal revision = write(log, before, json);
      KnownHead unused =
          context.memory(log).note(new KnownHead(after, Optional.of(revision), since));
    }
    return () -> after;
  }

  private Revision.OfJournal write(LogId log, KnownHead before, byte[] json) {
    return Conflicts.creating(
        () ->
            context
                .store()
                .write(
                    log.head(),
                    json,
                    before
                        .revision()
                        .<Expected>map(Expected.At::new)
                        .orElseGet(Expected.Absent::new),
                    Optional.empty()));
  }
}
