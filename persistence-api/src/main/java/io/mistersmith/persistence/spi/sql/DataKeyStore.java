package io.mistersmith.persistence.spi.sql;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The data keys that encrypt entries, each wrapped by a master key. Rows are never deleted: the row
 * of a destroyed key says that it is destroyed. Thread-safe.
 */
public interface DataKeyStore {

  /** Returns a key, a destroyed one too. */
  @SqlAccess.Read
  Optional<StoredKey> find(UUID id);

  /** Returns those of these keys that exist, destroyed ones too. */
  @SqlAccess.Read
  List<StoredKey> findAll(Collection<UUID> ids);

  /** Returns the newest key of a subject that is not destroyed. */
  @SqlAccess.Read
  Optional<StoredKey> newest(String subject);

  /**
   * Adds a key.
   *
   * @throws io.mistersmith.persistence.error.NonTransientPersistenceException {@code DUPLICATE_KEY}
   *     when there is one of its id
   */
  void add(NewKey key);

  /** Returns keys that are not destroyed and that other master keys wrapped, the oldest first. */
  @SqlAccess.Read
  List<StoredKey> wrappedByOthers(String masterKey, int limit);

  /**
   * Replaces the wrapping of a key.
   *
   * @param before the master key that wraps it now
   * @return false when another one wraps it by now, or it is destroyed
   */
  boolean rewrap(UUID id, String before, String masterKey, byte[] wrapped);

  /** Erases the wrapped keys of a subject; returns how many were not destroyed before. */
  int destroy(String subject);

  /**
   * A key to be added.
   *
   * @param id its id
   * @param subject whose entries it encrypts
   * @param masterKey the id of the master key that wrapped it
   * @param wrapped the wrapped key
   * @param createdAt when it was made, by the runtime's clock, to the microsecond
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record NewKey(UUID id, String subject, String masterKey, byte[] wrapped, Instant createdAt) {}

  /**
   * A key.
   *
   * @param id its id
   * @param subject whose entries it encrypts
   * @param masterKey the id of the master key that wrapped it
   * @param wrapped the wrapped key; empty where it is destroyed
   * @param createdAt when it was made
   */
  @SuppressWarnings("ArrayRecordComponent") // carried, never compared
  record StoredKey(
      UUID id, String subject, String masterKey, Optional<byte[]> wrapped, Instant createdAt) {}
}
