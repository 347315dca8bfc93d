package io.mistersmith.persistence.repository;

/**
 * Maps an entity to JSON and back, for types that the default mapping does not suit. Must be
 * thread-safe.
 *
 * @param <T> the type of the entities
 */
public interface JsonCodec<T> {

  /**
   * The entity as one JSON document in UTF-8, without a byte order mark. Refused with {@code
   * SERIALIZATION_ERROR} is what PostgreSQL or Jackson's default limits would refuse: NUL and half
   * a surrogate pair in strings, numbers beyond a double's range, of more than 1,000 characters or
   * with more than 16,383 digits behind the point, more than 1,000 levels. What this method throws
   * fails this value's save alone.
   */
  byte[] encode(T value);

  /**
   * The entity that {@code json} holds: the bytes that {@link #encode} returned, whichever store
   * answers, unless the row was changed by other means than this library.
   */
  T decode(byte[] json);

  /**
   * Whether one decoded value may be handed to several callers, at the same time, too: whether
   * nobody can change it, or any part of it. Values that are shared are decoded once while they are
   * kept in memory; others each time they are read. No, unless it says otherwise.
   *
   * <p>The mapping by fields shares text, numbers, booleans, enums, times, UUIDs, CRDTs, and
   * records of nothing else.
   */
  default boolean sharesValues() {
    return false;
  }
}
