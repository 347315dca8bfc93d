package io.mistersmith.persistence.core.internal.codec;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.state.JsonCodec;
import java.util.function.IntSupplier;

/**
 * A codec whose failures name the key, and the encryption of what it writes.
 *
 * @param codec the codec; its failures are typed
 * @param sealing encrypts the JSON
 * @param maxBytes the most bytes that the store carries on every path
 * @param <T> the type of the values
 */
public record KeyedCodec<T>(JsonCodec<T> codec, Sealing sealing, IntSupplier maxBytes) {

  /** A codec of values of any size. */
  public KeyedCodec(JsonCodec<T> codec, Sealing sealing) {
    this(codec, sealing, () -> Integer.MAX_VALUE);
  }

  /** The value as the stores keep it. */
  public byte[] encode(StateKey key, T value) {
    byte[] json;
    try {
      json = codec.encode(value);
    } catch (NonTransientPersistenceException e) {
      throw named(key, e);
    }
    json = sealing.seal(key, json);
    int most = maxBytes.getAsInt();
    if (json.length > most) {
      throw new NonTransientPersistenceException(
          DataError.VALUE_TOO_LARGE,
          "key "
              + key
              + ": the value has "
              + json.length
              + (sealing.isOn() ? " bytes when encrypted" : " bytes in JSON")
              + ", more than the "
              + most
              + " that the bucket and the server take with the entry's headers; nothing was sent."
              + " Write it as a large value");
    }
    return json;
  }

  /** The value that the stored bytes hold. */
  public T decode(StateKey key, byte[] stored) {
    return decode(key, key, stored);
  }

  /**
   * {@link #decode(StateKey, byte[])} of bytes that were encoded for {@code key}, whose failures
   * name another one.
   */
  public T decode(StateKey key, StateKey named, byte[] stored) {
    byte[] json = sealing.open(key, stored);
    try {
      return codec.decode(json);
    } catch (NonTransientPersistenceException e) {
      throw named(named, e);
    }
  }

  private static NonTransientPersistenceException named(
      StateKey key, NonTransientPersistenceException e) {
    return new NonTransientPersistenceException(e.error(), "key " + key + ": " + e.getMessage(), e);
  }
}
