package io.mistersmith.persistence.core.internal.log;

import io.mistersmith.persistence.core.internal.codec.Json;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.state.flush.Commits;
import io.mistersmith.persistence.core.internal.state.tier.Freshness;
import io.mistersmith.persistence.core.internal.state.tier.TieredStore;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.log.Log;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.sql.LogStore;
import io.mistersmith.persistence.state.StateRepository.Watch;
import io.mistersmith.persistence.state.StateType;
import java.util.function.Consumer;

/** The logs in the bucket of agent state, and what they share. Thread-safe. */
public final class Logs {

  /** What an entry's bytes have beside the document: numbers, and an id of four bytes a letter. */
  private static final int ENVELOPE = 64 + 2 * 4 * Log.MAX_ID;

  private final LogContext context;
  private final Heads heads;
  private final LogReader reader;
  private final LogWriter writer;
  private final Trimmer trimmer;
  private final LogCopy copy;
  private final ManyAppends many;

  /**
   * Logs over these stores.
   *
   * @param reads reads the bucket as it is
   * @param capacity of how many logs this process remembers where they end
   * @param stepBytes how many bytes are appended together at most
   */
  public Logs(
      TieredStore store,
      HotReads reads,
      LogStore rows,
      Freshness freshness,
      Commits commits,
      int capacity,
      long stepBytes) {
    this.context = new LogContext(store, reads, rows, freshness, commits, capacity);
    this.heads = new Heads(context);
    this.reader = new LogReader(context, heads, new Ends(context, heads));
    this.writer = new LogWriter(context, reader);
    this.trimmer = new Trimmer(context, reader, heads);
    this.copy = new LogCopy(context, reader, heads);
    this.many = new ManyAppends(this, stepBytes);
  }

  /** See {@link io.mistersmith.persistence.Persistence#log}. */
  public <T> Log<T> log(AgentId owner, String name, StateType<T> type) {
    if (type.dataType() != DataType.AGENT_STATE
        || type.rules().isPresent()
        || type.timeToLive().isPresent()) {
      throw new NonTransientPersistenceException(
          DataError.MISCONFIGURED,
          type
              + ": a log needs a type in AGENT_STATE without conflict rules and without a time to"
              + " live; its entries never change");
    }
    KeyedCodec<T> codec =
        new KeyedCodec<>(
            Json.codec(type),
            context.store().tiers().sealing(),
            () -> context.store().tiers().writes().maxValueBytes() - ENVELOPE);
    return new EntryLog<>(this, owner, type, name, codec);
  }

  static LogId id(AgentId owner, String type, String name) {
    if (name.codePointCount(0, name.length()) > Log.MAX_NAME) {
      throw new NonTransientPersistenceException(
          DataError.INVALID_KEY,
          "log of " + owner + ": its name has more than " + Log.MAX_NAME + " characters");
    }
    StateKey checked = StateKey.of(owner, name);
    return new LogId(owner, LogStore.log(type, checked.key()));
  }

  Watch watch(LogId log, long after, Consumer<RawEntry> listener) {
    return LogWatch.start(context, reader, log, after, listener);
  }

  LogContext context() {
    return context;
  }

  Heads heads() {
    return heads;
  }

  LogReader reader() {
    return reader;
  }

  LogWriter writer() {
    return writer;
  }

  Trimmer trimmer() {
    return trimmer;
  }

  LogCopy copy() {
    return copy;
  }

  ManyAppends many() {
    return many;
  }
}
