package io.mistersmith.persistence.model;

import io.mistersmith.persistence.model.DataType.StorageLayer;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;

/**
 * A value with its metadata in the store.
 *
 * @param value the value
 * @param revision the revision of the write that made it, to be passed back for compare-and-set
 * @param writtenAt when that write was made, by the hot store's clock; after a save, as closely as
 *     this process knows that clock
 * @param layer the layer that answered
 * @param expiresAt when the entry ends, if it does: by its time to live or by the maximum age of
 *     its bucket, as last known, whichever comes first
 * @param clock which writes this version has seen, its own included; empty where its conflicts are
 *     not resolved. A save that is {@code basedOn} this version has seen them, too
 * @param awaySince since when KV has not answered, where PostgreSQL answered in its place; empty
 *     for any other answer. The version includes every write of this process that was acknowledged.
 *     Another process's write can be missing: one that was not flushed yet at that time, or, where
 *     KV is away for this process alone, one that was made since. The time from then until now is
 *     the answer's age
 * @param <T> the type of the value
 */
public record Versioned<T>(
    T value,
    Revision revision,
    Instant writtenAt,
    StorageLayer layer,
    Optional<Instant> expiresAt,
    VectorClock clock,
    Optional<Instant> awaySince) {

  /** A version that KV, or the store that keeps its type of data, answered with. */
  public Versioned(
      T value,
      Revision revision,
      Instant writtenAt,
      StorageLayer layer,
      Optional<Instant> expiresAt,
      VectorClock clock) {
    this(value, revision, writtenAt, layer, expiresAt, clock, Optional.empty());
  }

  /** A version that keeps no clock. */
  public Versioned(
      T value,
      Revision revision,
      Instant writtenAt,
      StorageLayer layer,
      Optional<Instant> expiresAt) {
    this(value, revision, writtenAt, layer, expiresAt, VectorClock.empty());
  }

  /** The same metadata around another value. */
  public <R> Versioned<R> map(Function<? super T, ? extends R> change) {
    return new Versioned<>(
        change.apply(value), revision, writtenAt, layer, expiresAt, clock, awaySince);
  }
}
