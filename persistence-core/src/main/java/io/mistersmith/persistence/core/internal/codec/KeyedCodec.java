package io.mistersmith.persistence.core.internal.codec;

import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.repository.JsonCodec;

/**
 * A codec whose failures say whose value it was.
 *
 * @param <T> the type of the values
 */
public record KeyedCodec<T>(JsonCodec<T> codec) {

  /** The value as JSON. */
  public byte[] encode(StateKey key, T value) {
    try {
      return codec.encode(value);
    } catch (NonTransientPersistenceException e) {
      throw named(key, e);
    }
  }

  /** The value that the JSON holds. */
  public T decode(StateKey key, byte[] json) {
    try {
      return codec.decode(json);
    } catch (NonTransientPersistenceException e) {
      throw named(key, e);
    }
  }

  private static NonTransientPersistenceException named(
      StateKey key, NonTransientPersistenceException e) {
    return new NonTransientPersistenceException(e.error(), "key " + key + ": " + e.getMessage(), e);
  }
}
