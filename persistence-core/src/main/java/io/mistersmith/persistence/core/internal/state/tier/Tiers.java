package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.core.internal.codec.Sealing;
import io.mistersmith.persistence.core.internal.state.cache.L1;
import io.mistersmith.persistence.core.internal.state.journal.Revisions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceListener;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.DataType.StorageLayer;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredKey;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.JsonCodec;
import java.time.Clock;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bucket, its durable store, and this process's knowledge about both: shared by reading and
 * writing.
 *
 * @param reads reads the bucket, without entries that came back after they were evicted
 * @param writes writes to the bucket
 * @param journal the bucket's stream
 * @param sql its durable store; empty where entries live only in the bucket
 * @param revisions translates the bucket's sequences into revisions
 * @param known the floors of this process's reads
 * @param clock measures times to live
 * @param listener is notified of hydrations
 * @param executor runs the parts of asynchronous calls that must not block the connection's thread
 * @param l1 the cache of the bucket's entries in this process's memory
 * @param services run the watches
 * @param sealing encrypts the entries
 */
public record Tiers(
    HotReads reads,
    HotWrites writes,
    Journal journal,
    Optional<SqlTier> sql,
    Revisions revisions,
    KnownRevisions<StateKey> known,
    Clock clock,
    PersistenceListener listener,
    Executor executor,
    L1<Entry> l1,
    Services services,
    Sealing sealing) {

  private static final Logger LOG = LoggerFactory.getLogger(Tiers.class);

  /** Call this after a reconnect: another server may have answered. */
  public void verifyAfterReconnect() {
    try {
      boolean unused = revisions.verify();
    } catch (PersistenceException e) {
      LOG.info(
          "bucket {}: not verified after a reconnect, the flush does it: {}",
          reads.name(),
          e.getMessage());
    }
  }

  /** Returns the codec of entries, for values that the bucket and the server take. */
  public <T> KeyedCodec<T> keyed(JsonCodec<T> codec) {
    return new KeyedCodec<>(codec, sealing, writes::maxValueBytes);
  }

  /** When the bucket's entries end. */
  public Lifetimes lifetimes() {
    return new Lifetimes(reads, clock);
  }

  Revision.OfJournal revisionOf(HotEntry entry) {
    return revisions.of(entry);
  }

  boolean isLive(HotEntry entry) {
    return entry.operation() == Operation.PUT && !isPast(entry.metadata().expiresAt());
  }

  boolean isLive(StoredState row) {
    return !row.deleted() && !isPast(row.expiresAt());
  }

  Entry entry(HotEntry hot) {
    return entry(hot, Long.MAX_VALUE);
  }

  /**
   * Returns the entry. It is settled if it is a write, or a hydration at or before {@code applied}:
   * the journal position that was applied before the entry was read.
   */
  Entry entry(HotEntry hot, long applied) {
    Optional<Instant> ownEnd = hot.metadata().expiresAt();
    Optional<Instant> expiresAt = lifetimes().endOf(ownEnd, hot.time());
    return new Entry(
        hot.key(),
        hot.value(),
        revisionOf(hot),
        hot.time(),
        StorageLayer.DISTRIBUTED_KV,
        expiresAt,
        ownEnd,
        hot.metadata().provenance(),
        hot.metadata().hydrated().isEmpty() || hot.sequence() <= applied,
        hot.metadata().step().isPresent(),
        Optional.empty());
  }

  static Entry entry(StoredState row) {
    return entry(row, Optional.empty());
  }

  /** Returns the entry of a row, in place of KV where that has been away since then. */
  static Entry entry(StoredState row, Optional<Instant> awaySince) {
    return new Entry(
        row.key(),
        row.value(),
        row.revision(),
        row.writtenAt(),
        StorageLayer.RELATIONAL_DB,
        row.expiresAt(),
        row.expiresAt(),
        row.provenance(),
        true,
        false,
        awaySince);
  }

  boolean isLive(StoredKey row) {
    return !row.deleted() && !isPast(row.expiresAt());
  }

  /** Call this when a read or a watch met a message, before its caller learns of it. */
  public void met(StateKey key, long sequence, EntryMetadata metadata) {
    if (metadata.step().isPresent()) {
      l1.metStep(key, revisions.of(metadata.step().get().lastSequence(sequence)));
    }
  }

  /** The revision of a write of this process that was just acknowledged. */
  Revision.OfJournal written(
      StateKey key, Revision.OfJournal revision, Optional<Instant> expiresAt) {
    known.note(key, revision, expiresAt);
    l1.changed(key, revision);
    if (sql.isPresent()) {
      sql.get().use().wrote(key.agent());
    }
    return revision;
  }

  /** Notes that a read found one of the owner's entries in the bucket. */
  void used(AgentId agent) {
    if (sql.isPresent()) {
      sql.get().use().read(agent);
    }
  }

  /** Returns the key's row, if there is one. */
  Optional<StoredState> row(StateKey key) {
    return sql.isPresent() ? sql.get().states().find(key) : Optional.empty();
  }

  /** Returns the rows of those keys that have one. */
  Map<StateKey, StoredState> rows(Collection<StateKey> keys) {
    return sql.isPresent() ? sql.get().states().findAll(keys) : Map.of();
  }

  /** Returns all of the owner's rows. */
  List<StoredState> rows(AgentId agent) {
    return sql.isPresent() ? sql.get().states().findByAgent(agent, "") : List.of();
  }

  /** Returns the owner's keys that have a row and a path that starts with {@code prefix}. */
  List<StoredKey> rowKeys(AgentId agent, String prefix) {
    return sql.isPresent() ? sql.get().states().keys(agent, prefix) : List.of();
  }

  /** Returns a page of {@link #rowKeys(AgentId, String)}. */
  List<StoredKey> rowKeys(AgentId agent, String prefix, String after, int limit) {
    return sql.isPresent() ? sql.get().states().keys(agent, prefix, after, limit) : List.of();
  }

  /** Whether the rows have all that the owner's messages in the bucket say. */
  boolean isApplied(AgentId agent) {
    return sql.isPresent() && sql.get().applied().test(agent);
  }

  /** Returns the first rows of a page, if the rows have all; see {@link Applied#keys}. */
  Optional<List<StoredKey>> appliedKeys(AgentId agent, String prefix, String after, int limit) {
    return sql.isPresent()
        ? sql.get().applied().keys(agent, prefix, after, limit)
        : Optional.empty();
  }

  /** Whether what was stored then cannot have been evicted by now. */
  boolean isFresh(long storedMillis) {
    return sql.isEmpty() || sql.get().freshness().isFresh(storedMillis);
  }

  /** The failure of a write at a revision whose time is over. */
  public NonTransientPersistenceException ended(StateKey key, Revision expected) {
    return new NonTransientPersistenceException(
        DataError.TTL_EXPIRED,
        "bucket "
            + reads.name()
            + ", key "
            + key
            + ": the time of revision "
            + expected
            + " is over; create the entry again");
  }

  TransientPersistenceException conflict(StateKey key, String found) {
    return new TransientPersistenceException(
        DataError.VERSION_CONFLICT,
        "bucket " + reads.name() + ", key " + key + ": " + found + "; read it and try again");
  }

  boolean isPast(Optional<Instant> expiresAt) {
    return expiresAt.isPresent() && !expiresAt.get().isAfter(clock.instant());
  }
}
