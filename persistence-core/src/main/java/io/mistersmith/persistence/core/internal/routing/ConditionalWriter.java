package io.mistersmith.persistence.core.internal.routing;

import io.mistersmith.persistence.core.internal.resilience.Conflicts;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.EntryMetadata;
import io.mistersmith.persistence.spi.HotBucket;
import io.mistersmith.persistence.spi.HotEntry;
import io.mistersmith.persistence.spi.Operation;
import io.mistersmith.persistence.spi.Provenance;
import io.mistersmith.persistence.spi.ReadFrom;
import io.mistersmith.persistence.spi.StoredState;
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
  private final HotBucket bucket;
  private final Publisher publisher;
  private final String writer = Long.toString(ThreadLocalRandom.current().nextLong(), 36);
  private final AtomicLong writes = new AtomicLong();

  ConditionalWriter(Tiers tiers, Publisher publisher) {
    this.tiers = tiers;
    this.publisher = publisher;
    this.bucket = tiers.bucket();
  }

  /** Metadata for a conditional write. */
  EntryMetadata metadata(Optional<Instant> expiresAt) {
    return new EntryMetadata(
        Optional.empty(), expiresAt, Optional.of(writer + "-" + writes.incrementAndGet()));
  }

  /**
   * Where the expected revision is if it was not moved, and if this process knows it and that it
   * lives. Of any other the server would take the word for it, though the entry may have expired,
   * or may have come back after it was superseded.
   */
  OptionalLong likelyPlace(StateKey key, Revision expected) {
    return tiers
            .known()
            .find(key)
            .filter(known -> known.revision().equals(expected))
            .filter(known -> !tiers.isPast(known.expiresAt()))
            .filter(known -> tiers.freshness().isFresh(known.atMillis()))
            .isPresent()
        ? tiers.revisions().sequenceOf(expected)
        : OptionalLong.empty();
  }

  Revision replace(
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt,
      Revision expected) {
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
  Revision replaceWhereItIs(
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt,
      Revision expected) {
    return publishAt(() -> placeOf(key, expected), key, operation, json, expiresAt);
  }

  Revision create(StateKey key, byte[] json, Optional<Instant> expiresAt) {
    return publishAt(() -> freePlaceOf(key), key, Operation.PUT, json, expiresAt);
  }

  /**
   * Publishes where {@code place} says, and asks it again when the entry was moved or, for a
   * create, deleted once more meanwhile. What {@code place} itself refuses is final.
   */
  private Revision publishAt(
      LongSupplier place,
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt) {
    Supplier<Revision> outcome =
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
              Revision revision =
                  publisher.publish(key, operation, json, metadata(expiresAt), expectedSequence);
              return () -> revision;
            });
    return outcome.get();
  }

  /**
   * What it refuses differs from what its caller took for the latest version, from memory maybe.
   */
  private long askPlace(StateKey key, LongSupplier place) {
    try {
      return place.getAsLong();
    } catch (PersistenceException e) {
      tiers.l1().forget(key);
      throw e;
    }
  }

  /** What stands at the key; nothing where there never was anything, or it is long gone. */
  Optional<Standing> standing(StateKey key) {
    Optional<HotEntry> hot = bucket.get(key, ReadFrom.LEADER);
    return hot.isPresent()
        ? hot.map(entry -> Standings.of(tiers, entry))
        : tiers.behind().find(key).map(row -> Standings.of(tiers, row));
  }

  /** Writes after {@code place}, and fails when something else was written there meanwhile. */
  Revision publishAfter(
      long place,
      StateKey key,
      Operation operation,
      byte[] json,
      Optional<Instant> expiresAt,
      Provenance provenance) {
    return publisher.publish(
        key, operation, json, metadata(expiresAt).withProvenance(Optional.of(provenance)), place);
  }

  /** The sequence at which the entry is when it still has the expected revision. */
  private long placeOf(StateKey key, Revision expected) {
    Optional<HotEntry> hot = bucket.get(key, ReadFrom.LEADER);
    if (hot.isPresent()) {
      check(key, expected, tiers.isLive(hot.get()), tiers.revisionOf(hot.get()));
      return hot.get().sequence();
    }
    Optional<StoredState> row = tiers.behind().find(key);
    if (row.isEmpty()) {
      throw tiers.conflict(key, "expected revision " + expected + ", but it does not exist");
    }
    check(key, expected, tiers.isLive(row.get()), row.get().revision());
    return HotBucket.NONE;
  }

  /** The sequence of a marker or an expired entry in the key's place, or none at all. */
  private long freePlaceOf(StateKey key) {
    Optional<HotEntry> hot = bucket.get(key, ReadFrom.LEADER);
    if (hot.isPresent()) {
      if (tiers.isLive(hot.get())) {
        throw exists(key, tiers.revisionOf(hot.get()));
      }
      return hot.get().sequence();
    }
    Optional<StoredState> row = tiers.behind().find(key).filter(tiers::isLive);
    if (row.isPresent()) {
      throw exists(key, row.get().revision());
    }
    return HotBucket.NONE;
  }

  private void check(StateKey key, Revision expected, boolean live, Revision found) {
    if (!live) {
      throw tiers.conflict(key, "expected revision " + expected + ", but it is deleted or expired");
    }
    if (!found.equals(expected)) {
      throw tiers.conflict(key, "expected revision " + expected + ", but it has " + found);
    }
  }

  private NonTransientPersistenceException exists(StateKey key, Revision revision) {
    return new NonTransientPersistenceException(
        DataError.DUPLICATE_KEY,
        "bucket " + bucket.name() + ", key " + key + ": it exists with revision " + revision);
  }
}
