package io.mistersmith.persistence.repository;

/**
 * Maps an entity to JSON and back, for types that the default mapping does not suit. Must be
 * thread-safe.
 *
 * @param <T> the type of the entities
 */
public interface JsonCodec<T> {

  /** The entity as one JSON document in UTF-8. */
  byte[] encode(T value);

  /** The entity that {@code json} holds; {@code json} may be formatted otherwise than encoded. */
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
