package io.mistersmith.persistence.security;

/** Where master keys are kept. Thread-safe. */
interface MasterKeySource {

  /**
   * Returns the 32 bytes of a key, which the caller erases.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code UNREADABLE}
   *     when there is no such key, or it has another length
   * @throws io.mistersmith.persistence.error.TransientPersistenceException {@code KEY_UNAVAILABLE}
   *     when it cannot be read now
   */
  byte[] read(String id);
}
