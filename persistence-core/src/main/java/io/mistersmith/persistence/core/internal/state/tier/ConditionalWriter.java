package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.base.Conflicts;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.EntryMetadata.Provenance;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.SaveOptions.Expected;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Writes under a condition: compare-and-set by logical revision, and creation.
 *
 * <p>The caller's revision names a write; the server compares physical sequences. Most often they
 * are the same, so a revision that this process has written or read is tried straight away. When
 * that fails, or the revision is another process's, the entry may only have been moved: evicted to
 * PostgreSQL, or hydrated from there to a new place. Then the leader is asked where the entry is,
 * and if it still is of the expected revision the write is tried again there.
 *
 * <p>Each write carries an id of its own, by which the store recognises it when the acknowledgement
 * was lost, instead of reporting a conflict with itself.
 */
final class ConditionalWriter {

  private final Tiers tiers;
  private final HotReads reads;
  private final Publisher publisher;
  private final String writer = Long.toString(ThreadLocalRandom.current().nextLong(), 36);
  private final AtomicLong writes = new AtomicLong();

  ConditionalWriter(Tiers tiers, Publisher publisher) {
    this.tiers = tiers;
    this.publisher = publisher;
    this.reads = tiers.reads();
  }

  /** Metadata for a conditional write. */
  EntryMetadata metadata(Optional<Instant> expiresAt) {
    return new EntryMetadata(Optional.empty(), expiresAt, Optional.of(writeId()));
  }

  /**
   * Returns the place of the expected revision, if this process knows that it is the latest and
   * lives. Only for these revisions may the caller skip the read: for any other, the server would
   * accept the compare-and-set even if the entry has expired or is an old version that reappeared.
   */
  OptionalLong likelyPlace(StateKey key, Revision.OfJournal expected) {
    return tiers
            .known()
            .find(key)
            .filter(known -> known.revision().equals(expected))
            .filter(known -> !tiers.isPast(known.expiresAt()))
            .filter(known -> tiers.isFresh(known.atMillis()))
            .isPresent()
        ? tiers.revisions().sequenceOf(expected)
        : OptionalLong.empty();
  }

  Revision.OfJournal replace(
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt,
      Revision.OfJournal expected) {
    OptionalLong likely = likelyPlace(key, expected);
    if (likely.isPresent()) {
      try {
        return publisher.publish(key, operation, json, metadata(expiresAt), likely.getAsLong());
      } catch (TransientPersistenceException e) {
        if (!Conflicts.isConflict(e)) {
          throw e;
        }
      }
    }
    return replaceWhereItIs(key, operation, json, expiresAt, expected);
  }

  /** {@link #replace} that asks first where the entry is. */
  Revision.OfJournal replaceWhereItIs(
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt,
      Revision.OfJournal expected) {
    return publishAt(
        () -> placeOf(key, expected, reads.get(key, ReadFrom.LEADER)),
        key,
        operation,
        json,
        expiresAt);
  }

  Revision.OfJournal create(StateKey key, byte[] json, Optional<Instant> expiresAt) {
    return publishAt(
        () -> freePlaceOf(key, reads.get(key, ReadFrom.LEADER)),
        key,
        Operation.PUT,
        json,
        expiresAt);
  }

  /**
   * Publishes after the message at {@code place}, and asks for the place again when the entry was
   * moved or, for a create, deleted again meanwhile. An exception of {@code place} itself is not
   * retried.
   */
  private Revision.OfJournal publishAt(
      LongSupplier place,
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt) {
    Supplier<Revision.OfJournal> outcome =
        Conflicts.retry(
            () -> {
              long expectedSequence;
              try {
                expectedSequence = askPlace(key, place);
              } catch (TransientPersistenceException e) {
                return () -> {
                  throw e;
                };
              }
              Revision.OfJournal revision =
                  publisher.publish(key, operation, json, metadata(expiresAt), expectedSequence);
              return () -> revision;
            });
    return outcome.get();
  }

  /**
   * Asks for the place. On refusal it drops the key from the cache, since the caller may have read
   * an outdated version there.
   */
  private long askPlace(StateKey key, LongSupplier place) {
    try {
      return place.getAsLong();
    } catch (PersistenceException e) {
      tiers.l1().forget(key);
      throw e;
    }
  }

  /**
   * Returns the state of the key; empty where nothing was ever written, or where a deleted entry
   * was swept.
   */
  Optional<KeyState> keyState(StateKey key) {
    Optional<HotEntry> hot = reads.get(key, ReadFrom.LEADER);
    return hot.isPresent()
        ? hot.map(entry -> KeyStates.of(tiers, entry))
        : tiers.row(key).map(row -> KeyStates.of(tiers, row));
  }

  /** Writes after {@code place}, and fails when something else was written there meanwhile. */
  Revision.OfJournal publishAfter(
      long place,
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt,
      Provenance provenance) {
    return publisher.publish(
        key, operation, json, metadata(expiresAt).withProvenance(Optional.of(provenance)), place);
  }

  /** Returns an id for a write by which the store recognises it. */
  String writeId() {
    return writer + "-" + writes.incrementAndGet();
  }

  /**
   * Returns the place of a write, given the leader's entry of its key.
   *
   * @throws PersistenceException when the expectation is not met
   */
  long place(StateKey key, Expected expected, Optional<HotEntry> hot) {
    if (expected instanceof Expected.At at) {
      return placeOf(key, Entry.ownRevision(key, at.revision()), hot);
    }
    return expected instanceof Expected.Absent ? freePlaceOf(key, hot) : HotWrites.ANY;
  }

  /** The sequence at which the entry is when it still has the expected revision. */
  private long placeOf(StateKey key, Revision.OfJournal expected, Optional<HotEntry> hot) {
    if (hot.isPresent()) {
      boolean deleted = hot.get().operation() == Operation.DELETE;
      check(key, expected, tiers.revisionOf(hot.get()), deleted, tiers.isLive(hot.get()));
      return hot.get().sequence();
    }
    Optional<StoredState> row = tiers.row(key);
    if (row.isEmpty()) {
      throw absent(key, expected);
    }
    check(key, expected, row.get().revision(), row.get().deleted(), tiers.isLive(row.get()));
    return HotWrites.NONE;
  }

  /** The sequence of a marker or an expired entry in the key's place, or none at all. */
  private long freePlaceOf(StateKey key, Optional<HotEntry> hot) {
    if (hot.isPresent()) {
      if (tiers.isLive(hot.get())) {
        throw exists(key, tiers.revisionOf(hot.get()));
      }
      return hot.get().sequence();
    }
    Optional<StoredState> row = tiers.row(key).filter(tiers::isLive);
    if (row.isPresent()) {
      throw exists(key, row.get().revision());
    }
    return HotWrites.NONE;
  }

  private void check(
      StateKey key,
      Revision.OfJournal expected,
      Revision.OfJournal found,
      boolean deleted,
      boolean live) {
    if (deleted) {
      throw tiers.conflict(key, "expected revision " + expected + ", but it is deleted");
    }
    if (!found.equals(expected)) {
      throw tiers.conflict(key, "expected revision " + expected + ", but it has " + found);
    }
    if (!live) {
      throw tiers.ended(key, expected);
    }
  }

  /** A server that keeps the time to live itself has no trace left of an entry that has ended. */
  private PersistenceException absent(StateKey key, Revision.OfJournal expected) {
    boolean ended =
        tiers
            .known()
            .find(key)
            .filter(known -> known.revision().equals(expected))
            .filter(
                known ->
                    tiers.isPast(
                        tiers
                            .lifetimes()
                            .endOf(known.expiresAt(), Instant.ofEpochMilli(known.atMillis()))))
            .isPresent();
    return ended
        ? tiers.ended(key, expected)
        : tiers.conflict(key, "expected revision " + expected + ", but it does not exist");
  }

  private NonTransientPersistenceException exists(StateKey key, Revision.OfJournal revision) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY,
        "bucket " + reads.name() + ", key " + key + ": it exists with revision " + revision);
  }
}
