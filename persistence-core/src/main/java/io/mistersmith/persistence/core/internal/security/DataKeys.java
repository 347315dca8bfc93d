package io.mistersmith.persistence.core.internal.security;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.security.EncryptionConfig;
import io.mistersmith.persistence.spi.sql.DataKeyStore;
import io.mistersmith.persistence.spi.sql.DataKeyStore.NewKey;
import io.mistersmith.persistence.spi.sql.DataKeyStore.StoredKey;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data keys of this process. Unwrapped ones stay in memory for the configured lifetime. The
 * rows, which are no secret, stay for longer: writes to KV must go on while PostgreSQL is away.
 * Thread-safe.
 */
final class DataKeys {

  private static final Logger LOG = LoggerFactory.getLogger(DataKeys.class);
  private static final int PAGE = 100;

  /** How long after a failure no other key is made, so that callers do not queue for a timeout. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final EncryptionConfig config;
  private final DataKeyStore store;
  private final KeyWrapping wrapping;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final LoadedOnce<UUID, DataKey> keys;
  private final LoadedOnce<String, DataKey> newest;
  private final Cache<UUID, StoredKey> rows;
  private final Cache<String, StoredKey> newestRows;
  private volatile Instant notBefore = Instant.EPOCH;
  private Instant nextAttempt = Instant.EPOCH;

  DataKeys(EncryptionConfig config, DataKeyStore store, Clock clock) {
    this.config = config;
    this.store = store;
    this.wrapping = new KeyWrapping(config.provider());
    this.clock = clock;
    this.keys = new LoadedOnce<>(config.cachedKeys(), config.cacheLifetime(), clock);
    this.newest = new LoadedOnce<>(config.cachedKeys(), config.cacheLifetime(), clock);
    this.rows = remembered(config);
    this.newestRows = remembered(config);
  }

  private static <K> Cache<K, StoredKey> remembered(EncryptionConfig config) {
    return Caffeine.newBuilder()
        .maximumSize(config.cachedKeys())
        .executor(Runnable::run)
        .build();
  }

  /** Returns the key of an id. */
  DataKey find(UUID id) {
    return keys.get(id, () -> wrapping.unwrap(row(id)));
  }

  private StoredKey row(UUID id) {
    Optional<StoredKey> found;
    try {
      found = store.find(id);
    } catch (TransientPersistenceException e) {
      StoredKey known = rows.getIfPresent(id);
      if (known == null) {
        throw e;
      }
      LOG.debug("data key {}: PostgreSQL is away, the row of before is used", id, e);
      return known;
    }
    StoredKey row =
        found.orElseThrow(
            () ->
                new NonTransientPersistenceException(
                    DataError.UNREADABLE, "data key " + id + " is unknown to this database"));
    rows.put(id, row);
    return row;
  }

  /** Returns the key that encrypts a subject's next message, and counts that. */
  DataKey toEncrypt(String subject) {
    DataKey key = newest.get(subject, () -> newest(subject));
    return isInUse(key.createdAt()) && key.count() ? key : replace(subject, key);
  }

  private boolean isInUse(Instant createdAt) {
    return !createdAt.isBefore(notBefore)
        && createdAt.plus(config.keyLifetime()).isAfter(clock.instant());
  }

  /** An old key goes on while no new one can be made, unless it is worn out or being replaced. */
  private synchronized DataKey replace(String subject, DataKey old) {
    DataKey present = newest.get(subject, () -> newest(subject));
    if (!present.id().equals(old.id()) && present.count()) {
      return present;
    }
    boolean mayGoOn = !old.createdAt().isBefore(notBefore);
    if (mayGoOn && clock.instant().isBefore(nextAttempt) && old.count()) {
      return old;
    }
    try {
      DataKey next = make(subject);
      newest.put(subject, next);
      boolean unused = next.count();
      return next;
    } catch (TransientPersistenceException e) {
      nextAttempt = clock.instant().plus(PAUSE);
      if (mayGoOn && old.count()) {
        LOG.warn("{} goes on beyond its lifetime, because no new one was made", old, e);
        return old;
      }
      throw e;
    }
  }

  private DataKey newest(String subject) {
    Optional<StoredKey> row = newestRow(subject).filter(found -> isInUse(found.createdAt()));
    if (row.isEmpty()) {
      return make(subject);
    }
    rows.put(row.get().id(), row.get());
    newestRows.put(subject, row.get());
    return keys.get(row.get().id(), () -> wrapping.unwrap(row.get()));
  }

  private Optional<StoredKey> newestRow(String subject) {
    try {
      return store.newest(subject);
    } catch (TransientPersistenceException e) {
      StoredKey known = newestRows.getIfPresent(subject);
      if (known == null) {
        throw e;
      }
      LOG.debug("data key {}: PostgreSQL is away, the row of before is used", known.id(), e);
      return Optional.of(known);
    }
  }

  private DataKey make(String subject) {
    UUID id = UUID.randomUUID();
    byte[] bytes = new byte[DataKey.BYTES];
    random.nextBytes(bytes);
    try {
      Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
      byte[] wrapped = wrapping.wrap(config.masterKey(), id, bytes);
      store.add(new NewKey(id, subject, config.masterKey(), wrapped, now));
      StoredKey row = new StoredKey(id, subject, config.masterKey(), Optional.of(wrapped), now);
      DataKey key = new DataKey(id, subject, bytes, now);
      rows.put(id, row);
      newestRows.put(subject, row);
      keys.put(id, key);
      return key;
    } finally {
      Arrays.fill(bytes, (byte) 0);
    }
  }

  /** Encrypts with keys from now on that are not older than this. */
  synchronized void renewBefore(Instant time) {
    if (time.isAfter(notBefore)) {
      notBefore = time;
    }
  }

  /** Wraps all keys by the configured master key that another one wrapped. */
  int rewrap() {
    int wrapped = 0;
    List<StoredKey> page;
    do {
      page = store.wrappedByOthers(config.masterKey(), PAGE);
      for (StoredKey row : page) {
        byte[] again = wrapping.rewrap(row, config.masterKey());
        wrapped += store.rewrap(row.id(), row.masterKey(), config.masterKey(), again) ? 1 : 0;
      }
    } while (!page.isEmpty());
    rows.invalidateAll();
    newestRows.invalidateAll();
    return wrapped;
  }

  /** Forgets the keys of a subject, which were destroyed. */
  void forget(String subject) {
    keys.removeIf(key -> key.subject().equals(subject));
    newest.removeIf(key -> key.subject().equals(subject));
    boolean unused = rows.asMap().values().removeIf(row -> row.subject().equals(subject));
    newestRows.invalidate(subject);
  }
}
