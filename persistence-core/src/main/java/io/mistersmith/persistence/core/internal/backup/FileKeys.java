package io.mistersmith.persistence.core.internal.backup;

import io.mistersmith.persistence.backup.BackupManifest.WrappedKey;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.security.EncryptionConfig;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;

/**
 * The data keys that encrypt the files of backups. Each backup has its own, wrapped by a master
 * key; the wrapped key is in the header of each file and in the manifest. Thread-safe.
 */
final class FileKeys {

  private static final int BYTES = 32;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final EncryptionConfig config;
  private final Map<WrappedKey, SecretKey> unwrapped = new ConcurrentHashMap<>();

  FileKeys(EncryptionConfig config) {
    this.config = config;
  }

  /**
   * A data key.
   *
   * @param name the master key, and the data key wrapped by it
   * @param secret the data key
   */
  record FileKey(WrappedKey name, SecretKey secret) {

    /** Prints no secret. */
    @Override
    public String toString() {
      return "FileKey[" + name.masterKey() + "]";
    }
  }

  /** Returns whether a file that is not encrypted is refused. */
  boolean areRequired() {
    return config.mode() == EncryptionConfig.Mode.STRICT;
  }

  /** Makes a data key. */
  FileKey create() {
    byte[] bytes = new byte[BYTES];
    RANDOM.nextBytes(bytes);
    String masterKey = config.masterKey();
    try {
      byte[] wrapped =
          call(
              "wrap a key of a backup by master key " + masterKey,
              () -> config.provider().wrap(masterKey, bytes.clone()));
      WrappedKey name = new WrappedKey(masterKey, Base64.getEncoder().encodeToString(wrapped));
      SecretKey secret = new SecretKeySpec(bytes, "AES");
      unwrapped.put(name, secret);
      return new FileKey(name, secret);
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /**
   * Returns the data key of a name.
   *
   * @throws PersistenceException with {@code UNREADABLE} when the provider lacks the master key or
   *     refuses, with {@code KEY_UNAVAILABLE} when it does not answer
   */
  SecretKey unwrap(WrappedKey name) {
    SecretKey known = unwrapped.get(name);
    if (known != null) {
      return known;
    }
    byte[] bytes =
        call(
            "unwrap a key of a backup by master key " + name.masterKey(),
            () ->
                config
                    .provider()
                    .unwrap(name.masterKey(), Base64.getDecoder().decode(name.wrapped())));
    try {
      if (bytes.length != BYTES) {
        throw new NonTransientPersistenceException(
            DataError.UNREADABLE,
            "master key " + name.masterKey() + " unwraps something else than a key of a backup");
      }
      SecretKey secret = new SecretKeySpec(bytes, "AES");
      unwrapped.put(name, secret);
      return secret;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  private static byte[] call(String what, Supplier<byte[]> call) {
    try {
      return call.get();
    } catch (PersistenceException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new TransientPersistenceException(
          DataError.KEY_UNAVAILABLE, what + ": the provider of keys failed", e);
    }
  }
}
