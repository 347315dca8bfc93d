package io.mistersmith.persistence.core.internal.security;

import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.security.KeyProvider;
import io.mistersmith.persistence.spi.sql.DataKeyStore.StoredKey;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * Wraps data keys together with their ids, so that a wrapped key cannot stand for another one.
 *
 * @param provider wraps them
 */
record KeyWrapping(KeyProvider provider) {

  private static final byte FORMAT = 1;
  private static final int PLAIN = 1 + 16 + DataKey.BYTES;

  byte[] wrap(String masterKey, UUID id, byte[] key) {
    byte[] plain =
        ByteBuffer.allocate(PLAIN)
            .put(FORMAT)
            .putLong(id.getMostSignificantBits())
            .putLong(id.getLeastSignificantBits())
            .put(key)
            .array();
    try {
      return call("wrap data key " + id, masterKey, () -> provider.wrap(masterKey, plain));
    } finally {
      Arrays.fill(plain, (byte) 0);
    }
  }

  DataKey unwrap(StoredKey row) {
    byte[] key = bytes(row);
    try {
      return new DataKey(row.id(), row.subject(), key, row.createdAt());
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  /** Wraps a key by another master key. */
  byte[] rewrap(StoredKey row, String masterKey) {
    byte[] key = bytes(row);
    try {
      return wrap(masterKey, row.id(), key);
    } finally {
      Arrays.fill(key, (byte) 0);
    }
  }

  private byte[] bytes(StoredKey row) {
    byte[] wrapped =
        row.wrapped()
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.UNREADABLE,
                        "data key " + row.id() + " is destroyed: what it encrypted is gone"));
    byte[] plain =
        call(
            "unwrap data key " + row.id(),
            row.masterKey(),
            () -> provider.unwrap(row.masterKey(), wrapped.clone()));
    try {
      ByteBuffer read = ByteBuffer.wrap(plain);
      if (plain.length != PLAIN
          || read.get() != FORMAT
          || !new UUID(read.getLong(), read.getLong()).equals(row.id())) {
        throw new NonTransientPersistenceException(
            DataError.UNREADABLE,
            "data key " + row.id() + ": its row holds another key; somebody changed the table");
      }
      return Arrays.copyOfRange(plain, PLAIN - DataKey.BYTES, PLAIN);
    } finally {
      Arrays.fill(plain, (byte) 0);
    }
  }

  /** Asks the provider; all but its own typed failures count as being away. */
  private static byte[] call(String what, String masterKey, Supplier<byte[]> call) {
    try {
      return call.get();
    } catch (PersistenceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new TransientPersistenceException(
          DataError.KEY_UNAVAILABLE,
          what
              + ": the provider of master key "
              + masterKey
              + " failed with "
              + e.getClass().getName(),
          e);
    }
  }
}
