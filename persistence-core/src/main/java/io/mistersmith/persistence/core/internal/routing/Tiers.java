package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.core.internal.base.ServiceHealth;
import io.mistersmith.persistence.core.internal.cache.L1;
import io.mistersmith.persistence.core.internal.journal.Revisions;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.StorageLayer;
import io.mistersmith.persistence.monitor.PersistenceListener;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.StateStore;
import io.mistersmith.persistence.spi.StoredKey;
import io.mistersmith.persistence.spi.StoredState;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;

/**
 * A bucket, what is behind it, and what this process knows about both: shared by reading and
 * writing.
 *
 * @param bucket the hot store
 * @param behind the durable store behind it
 * @param revisions what the bucket's sequences mean
 * @param known the floors of this process's reads
 * @param clock what times to live are measured with
 * @param listener is told of hydrations
 * @param executor runs what an asynchronous call cannot do on the connection's own thread
 * @param use is told which agents are used
 * @param l1 what is kept of the bucket in this process's memory
 * @param health records failures of the watches
 * @param freshness how long what was seen in the bucket is still there or superseded
 */
public record Tiers(
    HotBucket bucket,
    StateStore behind,
    Revisions revisions,
    KnownRevisions<StateKey> known,
    Clock clock,
    PersistenceListener listener,
    Executor executor,
    AgentUse use,
    L1<Entry> l1,
    ServiceHealth health,
    Freshness freshness) {

  /** When the bucket's entries end. */
  public Lifetimes lifetimes() {
    return new Lifetimes(bucket, clock);
  }

  Revision revisionOf(HotEntry entry) {
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

  /** What of the journal was applied before the entry was read tells whether it is settled. */
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
        hot.metadata().hydrated().isEmpty() || hot.sequence() <= applied);
  }

  static Entry entry(StoredState row) {
    return new Entry(
        row.key(),
        row.value(),
        row.revision(),
        row.writtenAt(),
        StorageLayer.RELATIONAL_DB,
        row.expiresAt(),
        row.expiresAt(),
        row.provenance(),
        true);
  }

  boolean isLive(StoredKey row) {
    return !row.deleted() && !isPast(row.expiresAt());
  }

  /** The revision of a write of this process that was just acknowledged. */
  Revision written(StateKey key, Revision revision, Optional<Instant> expiresAt) {
    known.note(key, revision, expiresAt);
    l1.changed(key, revision);
    use.wrote(key.agent());
    return revision;
  }

  TransientPersistenceException conflict(StateKey key, String found) {
    return new TransientPersistenceException(
        DataError.VERSION_CONFLICT,
        "bucket " + bucket.name() + ", key " + key + ": " + found + "; read it and try again");
  }

  boolean isPast(Optional<Instant> expiresAt) {
    return expiresAt.isPresent() && !expiresAt.get().isAfter(clock.instant());
  }
}
