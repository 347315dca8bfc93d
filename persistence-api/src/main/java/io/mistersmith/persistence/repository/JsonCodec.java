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
}
