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
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
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

  /**
   * How many messages this process encrypts with a key. Random nonces of 96 bits may be used 2^32
   * times before two are the same with a probability of 2^-32 (NIST SP 800-38D), so 256 processes
   * may share a key.
   */
  private static final long MOST_MESSAGES = 1L << 24;

  /** How long after a failure no other key is made, so that callers do not queue for a timeout. */
  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final EncryptionConfig config;
  private final DataKeyStore store;
  private final KeyWrapping wrapping;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final LoadedOnce<UUID, DataKey> keys;
  private final LoadedOnce<String, UUID> newest;
  private final Cache<UUID, StoredKey> rows;
  private final Cache<String, StoredKey> newestRows;
  private final Cache<UUID, AtomicLong> messages;
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
    this.messages = remembered(config);
  }

  private static <K, V> Cache<K, V> remembered(EncryptionConfig config) {
    return Caffeine.newBuilder().maximumSize(config.cachedKeys()).executor(Runnable::run).build();
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
        found
            .or(() -> restored(id))
            .orElseThrow(
                () ->
                    new NonTransientPersistenceException(
                        DataError.UNREADABLE, "data key " + id + " is unknown to this database"));
    rows.put(id, row);
    return row;
  }

  /** Adds a row again that PostgreSQL lost, as by a failover to a replica that lags. */
  private Optional<StoredKey> restored(UUID id) {
    Optional<StoredKey> known = Optional.ofNullable(rows.getIfPresent(id));
    known
        .filter(row -> row.wrapped().isPresent())
        .ifPresent(row -> restore(row, row.wrapped().orElseThrow()));
    return known;
  }

  private void restore(StoredKey row, byte[] wrapped) {
    try {
      store.add(new NewKey(row.id(), row.subject(), row.masterKey(), wrapped, row.createdAt()));
      LOG.warn("data key {} was missing in PostgreSQL, and is added again", row.id());
    } catch (NonTransientPersistenceException e) {
      if (e.error() != DataError.DUPLICATE_KEY) {
        throw e;
      }
      LOG.debug("data key {} was added again by another process", row.id(), e);
    }
  }

  /**
   * Compares the keys in memory with PostgreSQL. Those that another process destroyed are used no
   * more: what they encrypt from now on would be lost. Those that PostgreSQL lost are added again.
   */
  void compare() {
    Set<UUID> missing = new HashSet<>(keys.keys());
    if (missing.isEmpty()) {
      return;
    }
    for (StoredKey row : store.findAll(missing)) {
      missing.remove(row.id());
      if (row.wrapped().isEmpty()) {
        forget(row.subject());
      }
    }
    for (UUID id : missing) {
      Optional<StoredKey> unused = restored(id);
    }
  }

  /** Returns the key that encrypts a subject's next message, and counts that. */
  DataKey toEncrypt(String subject) {
    DataKey key = newest(subject);
    return isInUse(key) && count(key) ? key : replace(subject, key);
  }

  private boolean isInUse(DataKey key) {
    return !key.createdAt().isBefore(notBefore)
        && key.createdAt().plus(config.keyLifetime()).isAfter(clock.instant());
  }

  /** Counts a message; false when the key must encrypt no more of them. */
  private boolean count(DataKey key) {
    return messages.get(key.id(), id -> new AtomicLong()).incrementAndGet() <= MOST_MESSAGES;
  }

  /** An old key goes on while no new one can be made, unless it is worn out or being replaced. */
  private synchronized DataKey replace(String subject, DataKey old) {
    DataKey present = newest(subject);
    if (isInUse(present) && count(present)) {
      return present;
    }
    boolean mayGoOn = !old.createdAt().isBefore(notBefore);
    if (mayGoOn && clock.instant().isBefore(nextAttempt) && count(old)) {
      return old;
    }
    try {
      DataKey next = make(subject);
      newest.put(subject, next.id());
      boolean unused = count(next);
      return next;
    } catch (TransientPersistenceException e) {
      nextAttempt = clock.instant().plus(PAUSE);
      if (mayGoOn && count(old)) {
        LOG.warn("{} goes on beyond its lifetime, because no new one was made", old, e);
        return old;
      }
      throw e;
    }
  }

  private DataKey newest(String subject) {
    UUID id = newest.get(subject, () -> newestId(subject));
    try {
      return find(id);
    } catch (NonTransientPersistenceException e) {
      LOG.debug("data key {} encrypts no more, another process has destroyed it", id, e);
      newest.remove(subject);
      return find(newest.get(subject, () -> newestId(subject)));
    }
  }

  private UUID newestId(String subject) {
    Optional<StoredKey> row = newestRow(subject);
    if (row.isEmpty()) {
      return make(subject).id();
    }
    rows.put(row.get().id(), row.get());
    newestRows.put(subject, row.get());
    return row.get().id();
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
      notBefore = time.truncatedTo(ChronoUnit.MICROS);
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
    newest.remove(subject);
    boolean unused = rows.asMap().values().removeIf(row -> row.subject().equals(subject));
    newestRows.invalidate(subject);
  }
}
