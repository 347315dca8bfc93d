package io.mistersmith.persistence.core.internal.state.tier;

import io.mistersmith.persistence.core.internal.codec.KeyedCodec;
import io.mistersmith.persistence.model.Revision;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.EntryMetadata;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.ReadFrom;
import io.mistersmith.persistence.spi.hot.HotWrites;
import io.mistersmith.persistence.spi.hot.Operation;
import io.mistersmith.persistence.spi.sql.StateStore.StoredState;
import io.mistersmith.persistence.state.JsonCodec;
import java.time.Instant;
import java.util.Optional;

/**
 * Writes entries exactly where their latest message is, with a write id that the caller has kept:
 * so that it can be found out later, by another process too, whether the write took effect. A write
 * is refused once its place is taken. Thread-safe.
 */
public final class PlacedWrites {

  private static final byte[] NO_VALUE = {};

  private final Tiers tiers;
  private final Publisher publisher;
  private final AdmittedWrites writes;

  PlacedWrites(Tiers tiers, Publisher publisher, AdmittedWrites writes) {
    this.tiers = tiers;
    this.publisher = publisher;
    this.writes = writes;
  }

  /**
   * The latest version of a key, as the leader and PostgreSQL have it.
   *
   * @param place the physical sequence to write after; {@link HotWrites#NONE} when the bucket has
   *     no message
   * @param revision the logical revision; empty when neither store has anything
   * @param value the value; empty when the entry is deleted or its time is over
   * @param ownEnd when it ends by its own time to live
   * @param writeId the id of the write; empty when it had none, or when the entry has moved since
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  public record Latest(
      long place,
      Optional<Revision.OfJournal> revision,
      Optional<byte[]> value,
      Optional<Instant> ownEnd,
      Optional<String> writeId) {}

  /** Returns the latest version of a key. */
  public Latest latest(StateKey key) {
    Optional<HotEntry> hot = tiers.reads().get(key, ReadFrom.LEADER);
    if (hot.isPresent()) {
      return latest(hot.get());
    }
    Optional<StoredState> row = tiers.row(key);
    return new Latest(
        HotWrites.NONE,
        row.map(StoredState::revision),
        row.filter(tiers::isLive).map(StoredState::value),
        row.filter(tiers::isLive).flatMap(StoredState::expiresAt),
        Optional.empty());
  }

  private Latest latest(HotEntry hot) {
    Optional<HotEntry> live = Optional.of(hot).filter(tiers::isLive);
    return new Latest(
        hot.sequence(),
        Optional.of(tiers.revisionOf(hot)),
        live.map(HotEntry::value),
        live.flatMap(entry -> entry.metadata().expiresAt()),
        hot.metadata().writeId());
  }

  /**
   * Writes a value, or deletes if there is none, after the message at {@code place}.
   *
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code VERSION_CONFLICT}
   *     when the key's latest message is another one: perhaps an earlier one of this write id
   */
  public Revision.OfJournal write(
      long place,
      StateKey key,
      Optional<byte[]> json,
      Optional<Instant> expiresAt,
      String writeId) {
    return writes.run(
        key,
        () ->
            publisher.publish(
                key,
                json.isPresent() ? Operation.PUT : Operation.DELETE,
                json.orElse(NO_VALUE),
                new EntryMetadata(Optional.empty(), expiresAt, Optional.of(writeId)),
                place));
  }

  /** Returns the codec of entries. */
  <T> KeyedCodec<T> keyed(JsonCodec<T> codec) {
    return tiers.keyed(codec);
  }
}
