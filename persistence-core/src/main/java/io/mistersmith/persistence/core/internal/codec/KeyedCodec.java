package io.mistersmith.persistence.core.internal.codec;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.JsonCodec;
import java.util.function.IntSupplier;

/**
 * A codec whose failures name the key.
 *
 * @param codec the codec; its failures are typed
 * @param maxBytes the most bytes that the store carries on every path
 * @param <T> the type of the values
 */
public record KeyedCodec<T>(JsonCodec<T> codec, IntSupplier maxBytes) {

  /** A codec of values of any size. */
  public KeyedCodec(JsonCodec<T> codec) {
    this(codec, () -> Integer.MAX_VALUE);
  }

  /** The value as JSON. */
  public byte[] encode(StateKey key, T value) {
    byte[] json;
    try {
      json = codec.encode(value);
    } catch (NonTransientPersistenceException e) {
      throw named(key, e);
    }
    int most = maxBytes.getAsInt();
    if (json.length > most) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          "key "
              + key
              + ": the value has "
              + json.length
              + " bytes in JSON, more than the "
              + most
              + " that the bucket and the server take with the entry's headers; nothing was sent. Write"
              + " it as a large value");
    }
    return json;
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
