package io.mistersmith.persistence.state;

/**
 * Maps an entity to JSON and back, for types that the default mapping does not suit. Must be
 * thread-safe.
 *
 * @param <T> the type of the entities
 */
public interface JsonCodec<T> {

  /**
   * The entity as one JSON document in UTF-8, without a byte order mark. Everything that PostgreSQL
   * or Jackson's default limits would refuse fails with {@code SERIALIZATION_ERROR}: NUL and half a
   * surrogate pair in strings, numbers beyond a double's range, of more than 1,000 characters or
   * with more than 16,383 digits behind the point, more than 1,000 levels. An exception of this
   * method fails this value's save alone.
   */
  byte[] encode(T value);

  /**
   * The entity that {@code json} holds: the bytes that {@link #encode} returned, whichever store
   * answers, unless the row was changed by other means than this library.
   */
  T decode(byte[] json);

  /**
   * Returns whether several callers may share one decoded value, at the same time, too: whether it
   * and all its parts are immutable. Shared values are decoded once while they are kept in memory;
   * others each time they are read. False by default.
   *
   * <p>The mapping by fields shares text, numbers, booleans, enums, times, UUIDs, CRDTs, and
   * records of nothing else.
   */
  default boolean sharesValues() {
    return false;
  }
}
