package io.mistersmith.persistence.security;

import java.nio.file.Path;
import java.util.Map;

/**
 * Wraps data keys by master keys, which never leave it: a key management service, or one of the
 * providers here. Thread-safe.
 *
 * <p>A provider that is away throws a {@link
 * io.mistersmith.persistence.error.TransientPersistenceException} with {@code KEY_UNAVAILABLE}. One
 * that refuses, or lacks the master key, throws a {@link
 * io.mistersmith.persistence.error.NonTransientPersistenceException} with {@code UNREADABLE}. Any
 * other exception counts as being away. Each call needs a deadline of its own.
 */
public interface KeyProvider {

  /**
   * Encrypts a data key.
   *
   * @param masterKey the id of the master key
   * @param dataKey fewer than 500 bytes; the provider does not change or keep them
   * @return the wrapped key, of which {@link #unwrap} alone makes the data key again
   */
  byte[] wrap(String masterKey, byte[] dataKey);

  /**
   * Decrypts a data key, and fails where one byte of {@code wrapped} was changed.
   *
   * @param masterKey the id of the master key that wrapped it
   * @param wrapped what {@link #wrap} returned
   */
  byte[] unwrap(String masterKey, byte[] wrapped);

  /**
   * Returns a provider whose master keys are files: {@code <id>.key} with 32 bytes in base64. It
   * reads the file at each call, so that a key can be added at any time. Refuses a file that others
   * than its owner and its group can read, where the file system knows of that.
   */
  static KeyProvider ofFiles(Path directory) {
    return new LocalKeys(new KeyFiles(directory));
  }

  /**
   * Returns a provider whose master keys are environment variables: the prefix and the id in upper
   * case, with {@code _} for each character that is no letter or digit. Each has 32 bytes in
   * base64.
   */
  static KeyProvider ofEnvironment(String prefix) {
    return new LocalKeys(new KeyVariables(prefix, System::getenv));
  }

  /**
   * Returns a provider over keys in memory, for tests.
   *
   * @param keys 32 bytes for each id
   */
  static KeyProvider inMemory(Map<String, byte[]> keys) {
    return new LocalKeys(KeysInMemory.of(keys));
  }
}
